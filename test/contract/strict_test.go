package contract

import (
	"fmt"
	"strings"
	"testing"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// TestRepliesKeepTheContract reads every reply of every route that reads, at
// every version that has it, as the contract has it there: a member that is not
// in the contract, or of another type, fails.
func TestRepliesKeepTheContract(t *testing.T) {
	w := newWorld(t)
	fill := w.things()
	read := 0
	for _, e := range compute.Routes() {
		info := e.Info()
		if info.Method != "GET" || unserved[info.Name] {
			continue
		}
		for minor := compute.MinVersion.Minor; minor <= compute.MaxVersion.Minor; minor++ {
			v := wire.V(2, minor)
			if !info.Span.Has(v) {
				continue
			}
			path := fill(info.Path, v)
			r := w.do("admin", "GET", "/compute/v2.1"+path, "", at(v))
			if r.status != info.Status.At(v) {
				t.Errorf("%s at %s: %d %s", info.Name, v, r.status, r.body)
				break
			}
			if got, want := r.header.Get("OpenStack-API-Version"), "compute "+v.String(); got != want {
				t.Errorf("%s at %s says that it is at %s", info.Name, v, got)
			}
			if err := e.CheckReply(v, r.header, r.body); err != nil {
				t.Errorf("%s at %s answers against its contract: %v\n%s", info.Name, v, err, r.body)
				break
			}
			read++
		}
	}
	if read < 2000 {
		t.Errorf("only %d replies were read", read)
	}
}

// TestUnserved asks for what this cloud does not do: the refusal names the route, and comes only behind the checks
// that every request passes.
func TestUnserved(t *testing.T) {
	w := newWorld(t)
	before := w.rows()
	for _, e := range compute.Routes() {
		info := e.Info()
		if !unserved[info.Name] || info.Method != "GET" {
			continue
		}
		v := compute.MaxVersion
		for !info.Span.Has(v) {
			v.Minor--
		}
		path := "/compute/v2.1" + nowhere(info.Path)
		if r := w.do("admin", "GET", path, "", at(v)); r.status != 501 || !strings.Contains(r.message(), info.Name) {
			t.Errorf("%s: %d %s", info.Name, r.status, r.body)
		}
		if r := w.do("", "GET", path, "", at(v)); r.status != 401 {
			t.Errorf("%s as nobody: %d", info.Name, r.status)
		}
	}
	w.unchanged(before, "routes that are not served")
}

// things makes one of everything that routes name, and returns a function that
// puts their ids into a path.
func (w *world) things() func(path string, v wire.Version) string {
	w.t.Helper()
	server := w.server("vm")
	w.must(200, "admin", "POST", "/compute/v2.1/os-keypairs", `{"keypair":{"name":"key"}}`)
	w.must(200, "admin", "POST", "/compute/v2.1/flavors/1/os-extra_specs", `{"extra_specs":{"key":"value"}}`)
	w.must(200, "admin", "POST", "/compute/v2.1/flavors", `{"flavor":{"name":"secret","id":"secret","ram":1,"vcpus":1,"disk":1,"os-flavor-access:is_public":false}}`)
	action := w.must(200, "member", "GET", "/compute/v2.1/servers/"+server+"/os-instance-actions", "")
	hypervisor := w.field(w.must(200, "admin", "GET", "/compute/v2.1/os-hypervisors", "", at(wire.V(2, 53))), "hypervisors", "0", "id")
	service := w.field(w.must(200, "admin", "GET", "/compute/v2.1/os-services?binary=nova-compute", "", at(wire.V(2, 53))), "services", "0", "id")
	return func(path string, v wire.Version) string {
		node, flavor := hypervisor, "1"
		if v.Less(wire.V(2, 53)) {
			node = "1"
		}
		switch {
		case strings.HasSuffix(path, "/search"), strings.HasSuffix(path, "/{hypervisor_id}/servers"):
			node = "host"
		case strings.HasSuffix(path, "os-flavor-access"):
			flavor = "secret"
		}
		return strings.NewReplacer(
			"{server_id}", server, "{flavor_id}", flavor, "{key}", "key", "{keypair_name}", "key", "{network}", "private",
			"{request_id}", w.field(action, "instanceActions", "0", "request_id"), "{hypervisor_id}", node, "{service_id}", service,
			"{project_id}", w.project["member"],
		).Replace(path)
	}
}

// TestVersionsOnEveryRoute asks every route at versions that are none, and at
// versions that have it not.
func TestVersionsOnEveryRoute(t *testing.T) {
	w := newWorld(t)
	before := w.rows()
	for _, e := range compute.Routes() {
		info := e.Info()
		path, body := "/compute/v2.1"+nowhere(info.Path), ""
		if info.Action != "" {
			body = fmt.Sprintf(`{%q:null}`, info.Action)
		}
		for _, test := range []struct {
			version string
			status  int
		}{
			{"compute 2.0", 406},
			{"compute 2.999", 406},
			{"compute 3.1", 406},
			{"compute abc", 400},
			{"compute 2.01", 400},
			{"compute 2.99999999999999999999", 400},
			{"compute -2.1", 400},
			{"compute 2.1.1", 400},
			{"compute LATEST", 400},
		} {
			r := w.do("admin", info.Method, path, body, header("OpenStack-API-Version", test.version))
			if r.status != test.status || r.message() == "" {
				t.Errorf("%s at %q: %d instead of %d: %s", info.Name, test.version, r.status, test.status, r.body)
			}
		}
		for minor := compute.MinVersion.Minor; minor <= compute.MaxVersion.Minor; minor++ {
			v := wire.V(2, minor)
			if info.Span.Has(v) || served(info, v) {
				continue
			}
			if r := w.do("admin", info.Method, path, body, at(v)); r.status != 404 || !strings.Contains(string(r.body), "itemNotFound") {
				t.Errorf("%s at %s, which has it not: %d %s", info.Name, v, r.status, r.body)
			}
		}
	}
	w.unchanged(before, "bad versions")
}

// served reports whether another route has the same request at v.
func served(info wire.Info, v wire.Version) bool {
	for _, e := range compute.Routes() {
		o := e.Info()
		if o.Method == info.Method && o.Path == info.Path && o.Action == info.Action && o.Span.Has(v) {
			return true
		}
	}
	return false
}
