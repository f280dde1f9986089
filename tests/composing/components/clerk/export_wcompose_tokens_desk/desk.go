// Package export_wcompose_tokens_desk is a desk in front of another, in Go: it passes every call on
// and remembers it.
package export_wcompose_tokens_desk

import (
	"wit_component/journal"
	inner "wit_component/wcompose_tokens_desk"
	vault "wit_component/wcompose_tokens_vault"
)

// Issue passes on.
func Issue(label string) *vault.Token {
	journal.Remember("issue", label)
	return inner.Issue(label)
}

// Read passes a token on that is only lent. The bindings leave it to us to hand a borrowed handle
// back; one that is still there when the call returns is a trap.
func Read(token *vault.Token, down []string) inner.Slip {
	defer token.Drop()
	journal.Remember("read", token.Label())
	slip := inner.Read(token, append(down, "clerk"))
	slip.Up = append(slip.Up, "clerk")
	return slip
}

// Exchange adds 1 by itself, and passes the token on and back.
func Exchange(token *vault.Token, amount uint64) *vault.Token {
	journal.Remember("exchange", token.Label())
	token.Add(1)
	return inner.Exchange(token, amount)
}

// Close passes the token on for good.
func Close(token *vault.Token) uint64 {
	journal.Remember("close", token.Label())
	return inner.Close(token)
}

// Discard drops the token here.
func Discard(token *vault.Token) {
	journal.Remember("discard", token.Label())
	token.Drop()
}
