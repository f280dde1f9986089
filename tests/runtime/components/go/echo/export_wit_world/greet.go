// Package export_wit_world has the function that no interface has.
package export_wit_world

// Greet answers to a name.
func Greet(name string) string { return "hello, " + name }
