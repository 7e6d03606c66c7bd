package nova

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/cli/verb"
)

// nics are the network interfaces that a server is to have: a word (auto or none), or one entry for each.
type nics struct {
	word string
	list []nic
}

// nic is the keys and values of one --nic.
type nic map[string]string

// nicsOf reads the --nic options. Names of networks stay to be looked up.
func nicsOf(e *verb.Env) (*nics, error) {
	words := e.Since(37)
	wanted := &nics{}
	texts := e.Args.Strings("nics")
	for _, text := range texts {
		if words && (text == "auto" || text == "none") {
			wanted.word = text
			continue
		}
		n, err := readNIC(text, e.Since(42) || e.Since(32) && !words)
		if err != nil {
			return nil, err
		}
		wanted.list = append(wanted.list, n)
	}
	switch {
	case wanted.word != "" && len(texts) > 1:
		return nil, verb.Refuse("'auto' or 'none' cannot be used with any other nic arguments")
	case len(texts) == 0 && words:
		wanted.word = "auto"
	}
	return wanted, nil
}

func readNIC(text string, tags bool) (nic, error) {
	keys := []string{"net-id", "net-name", "port-id", "v4-fixed-ip", "v6-fixed-ip"}
	if tags {
		keys = append(keys, "tag")
	}
	invalid := func() error {
		return verb.Refuse("Invalid nic argument '%s'. It must have %s as key=value, each at most once and with commas between them, and one of net-id, net-name and port-id; from 2.37 it may be auto or none instead, which then stands alone.",
			text, strings.Join(keys, ", "))
	}
	n := nic{}
	for _, part := range strings.Split(text, ",") {
		key, value, ok := strings.Cut(part, "=")
		if !ok || !slices.Contains(keys, key) || n[key] != "" {
			return nil, invalid()
		}
		n[key] = value
	}
	for _, family := range [...]struct {
		key, name string
		is        func(netip.Addr) bool
	}{{"v4-fixed-ip", "ipv4", netip.Addr.Is4}, {"v6-fixed-ip", "ipv6", netip.Addr.Is6}} {
		if text, ok := n[family.key]; ok {
			if address, err := netip.ParseAddr(text); err != nil || !family.is(address) {
				return nil, verb.Refuse("Invalid %s address.", family.name)
			}
		}
	}
	places := 0
	for _, key := range [...]string{"net-id", "net-name", "port-id"} {
		if n[key] != "" {
			places++
		}
	}
	switch {
	case places != 1:
		return nil, invalid()
	case n["v4-fixed-ip"] != "" && n["v6-fixed-ip"] != "":
		return nil, verb.Refuse("Only one of 'v4-fixed-ip' and 'v6-fixed-ip' may be provided.")
	}
	return n, nil
}

// lookUp puts ids for the names of networks.
func (w *nics) lookUp(ctx context.Context, e *verb.Env) error {
	ids := map[string]string{}
	for _, n := range w.list {
		name := n["net-name"]
		if name == "" {
			continue
		}
		if ids[name] == "" {
			id, err := findNetwork(ctx, e, name)
			if err != nil {
				return err
			}
			ids[name] = id
		}
		n["net-id"] = ids[name]
	}
	return nil
}

// apply puts the interfaces into a request.
func (w *nics) apply(e *verb.Env, server *compute.ServerNew) {
	list := make([]compute.NetworkWanted, 0, len(w.list))
	for _, n := range w.list {
		list = append(list, compute.NetworkWanted{
			UUID: optional(n["net-id"]), Port: optional(n["port-id"]), FixedIP: optional(n["v4-fixed-ip"] + n["v6-fixed-ip"]),
			Tag: optional(n["tag"]), Tag2: optional(n["tag"]),
		})
	}
	if e.Since(37) {
		server.Networks = wire.Some(compute.NetworksWanted{Word: w.word, List: list})
	} else {
		server.NetworksOld = list
	}
}
