// Package export_wcompose_attacks_attacks tries to reach what it was not given, by Go's own library.
//
// Go's library for WASI has no sockets: its `net` connects only within the program. Those attacks are
// here to show what a program in Go gets when it tries.
package export_wcompose_attacks_attacks

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"runtime/debug"
	"sort"
	"strings"
	"syscall"
	"time"

	. "go.bytecodealliance.org/pkg/wit/types"
)

type attack struct {
	name string
	try  func(arguments []string) (string, error)
}

// A collection that ends while arguments are passed in may not call out; nothing here lives long.
func init() { debug.SetGCPercent(-1) }

var attacks = []attack{
	{"read", func(a []string) (string, error) { return read(a[0]) }},
	{"list", func(a []string) (string, error) { return list(a[0]) }},
	{"stat", func(a []string) (string, error) {
		_, err := os.Stat(a[0])
		return "found", err
	}},
	{"write", func(a []string) (string, error) {
		file, err := os.OpenFile(a[0], os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			return "", err
		}
		defer file.Close()
		_, err = file.WriteString("attacked")
		return "written", err
	}},
	{"append", func(a []string) (string, error) {
		file, err := os.OpenFile(a[0], os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return "", err
		}
		defer file.Close()
		_, err = file.WriteString("attacked")
		return "appended", err
	}},
	{"truncate", func(a []string) (string, error) {
		file, err := os.OpenFile(a[0], os.O_WRONLY|os.O_TRUNC, 0)
		if err != nil {
			return "", err
		}
		return "truncated", file.Close()
	}},
	{"resize", func(a []string) (string, error) { return "resized", os.Truncate(a[0], 0) }},
	{"delete", func(a []string) (string, error) { return "done", os.Remove(a[0]) }},
	{"make-directory", func(a []string) (string, error) { return "done", os.Mkdir(a[0], 0o700) }},
	{"remove-directory", func(a []string) (string, error) { return "done", syscall.Rmdir(a[0]) }},
	{"change-mode", changeMode},
	{"set-times", func(a []string) (string, error) {
		return "changed", os.Chtimes(a[0], time.Unix(1, 0), time.Unix(1, 0))
	}},
	{"symlink", func(a []string) (string, error) { return "linked", os.Symlink(a[0], a[1]) }},
	{"through-symlink", func(a []string) (string, error) {
		if err := os.Symlink(a[0], a[1]); err != nil {
			return "", err
		}
		return read(a[2])
	}},
	{"read-link", func(a []string) (string, error) { return os.Readlink(a[0]) }},
	{"link", func(a []string) (string, error) { return "done", os.Link(a[0], a[1]) }},
	{"through-link", func(a []string) (string, error) {
		if err := os.Link(a[0], a[1]); err != nil {
			return "", err
		}
		return read(a[1])
	}},
	{"rename", func(a []string) (string, error) { return "done", os.Rename(a[0], a[1]) }},
	{"working-directory", func([]string) (string, error) { return os.Getwd() }},
	{"environment", func([]string) (string, error) { return joined(os.Environ()) }},
	{"arguments", func([]string) (string, error) { return joined(os.Args) }},
	{"stdin", func([]string) (string, error) {
		text, err := io.ReadAll(io.LimitReader(os.Stdin, 4096))
		if err == nil && len(text) == 0 {
			err = errors.New("empty")
		}
		return string(text), err
	}},
	{"stdout", func(a []string) (string, error) {
		_, err := os.Stdout.WriteString(a[0])
		return "said", err
	}},
	{"stderr", func(a []string) (string, error) {
		_, err := os.Stderr.WriteString(a[0])
		return "said", err
	}},
	{"wall-clock", func([]string) (string, error) { return time.Now().UTC().Format("2006-01-02"), nil }},
	{"sleep", func([]string) (string, error) {
		time.Sleep(time.Millisecond)
		return "slept", nil
	}},
	{"random", func([]string) (string, error) {
		bytes := make([]byte, 16)
		_, err := rand.Read(bytes)
		return hex.EncodeToString(bytes), err
	}},
	{"exit", func([]string) (string, error) {
		os.Exit(1)
		return "", errors.New("still here")
	}},
	{"abort", func([]string) (string, error) { panic("abort") }},
	{"lookup", func(a []string) (string, error) {
		found, err := net.LookupHost(a[0])
		return strings.Join(found, " "), err
	}},
	{"tcp-connect", func(a []string) (string, error) { return connect("tcp", a[0]) }},
	{"udp-send", func(a []string) (string, error) { return connect("udp", a[0]) }},
}

// Known tells the names of all attacks.
func Known() []string {
	names := make([]string, len(attacks))
	for index, each := range attacks {
		names[index] = each.name
	}
	return names
}

// Attack tries one.
func Attack(name string, argument string) Result[string, string] {
	// Texts that come in live only as long as the call's memory, and errors keep paths.
	arguments := strings.Split(strings.Clone(argument), "\n")
	for _, each := range attacks {
		if each.name == name {
			got, err := each.try(arguments)
			if err != nil {
				return Err[string, string](told(err))
			}
			return Ok[string, string](got)
		}
	}
	return Err[string, string]("unknown attack")
}

// told is an error without the path or the address that it was about.
func told(err error) string {
	var path *fs.PathError
	var link *os.LinkError
	var call *os.SyscallError
	var operation *net.OpError
	var lookup *net.DNSError
	switch {
	case errors.As(err, &operation):
		return operation.Err.Error()
	case errors.As(err, &lookup):
		return lookup.Err
	case errors.As(err, &path):
		return path.Err.Error()
	case errors.As(err, &link):
		return link.Err.Error()
	case errors.As(err, &call):
		return call.Err.Error()
	}
	return err.Error()
}

func read(path string) (string, error) {
	text, err := os.ReadFile(path)
	return string(text), err
}

func list(path string) (string, error) {
	entries, err := os.ReadDir(path)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return strings.Join(names, " "), err
}

func joined(all []string) (string, error) {
	if len(all) == 0 {
		return "", errors.New("empty")
	}
	sorted := append([]string(nil), all...)
	sort.Strings(sorted)
	return strings.Join(sorted, " "), nil
}

func connect(network, address string) (string, error) {
	connection, err := net.DialTimeout(network, address, 2*time.Second)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	if _, err := connection.Write([]byte("attack\n")); err != nil {
		return "", err
	}
	if network == "udp" {
		return "sent", nil
	}
	answer := make([]byte, 64)
	count, err := connection.Read(answer)
	return strings.TrimSpace(string(answer[:count])), err
}

// changeMode looks again, because Go says that all is well where there are no modes.
func changeMode(arguments []string) (string, error) {
	before, err := os.Stat(arguments[0])
	if err != nil {
		return "", err
	}
	if err := os.Chmod(arguments[0], 0o777^before.Mode().Perm()); err != nil {
		return "", err
	}
	after, err := os.Stat(arguments[0])
	if err == nil && after.Mode() == before.Mode() {
		err = errors.New("nothing changed")
	}
	return "changed", err
}
