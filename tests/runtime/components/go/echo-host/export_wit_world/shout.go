// Package export_wit_world has the function that no interface has.
package export_wit_world

import world "wit_component/wit_world"

// ShoutThrough calls the host.
func ShoutThrough(text string) string { return world.Shout(text) }
