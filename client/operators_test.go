package client_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
)

// recorded answers every request with the replies in turn, and keeps what was asked.
func recorded(t *testing.T, minor uint16, replies ...string) (*client.Client, *[]string) {
	asked := &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		line := r.Method + " " + r.URL.RequestURI()
		if len(body) > 0 {
			line += " " + string(body)
		}
		*asked = append(*asked, line)
		reply := "{}"
		if n := len(*asked); n <= len(replies) {
			reply = replies[n-1]
		}
		_, _ = io.WriteString(w, reply)
	}))
	t.Cleanup(server.Close)
	c := client.New(client.NewTransport(client.Options{}), client.Static{Endpoints: map[string]string{compute.Service: server.URL}})
	return c.At(wire.V(2, minor)), asked
}

// What operators ask has another form at each of several versions; the methods know which.
func TestFormsByVersion(t *testing.T) {
	yes := true
	service := compute.ServiceRecord{ID: "u", Host: "h", Binary: "nova-compute"}
	live := func(m client.LiveMigration) func(context.Context, *client.Client) error {
		return func(ctx context.Context, c *client.Client) error { return c.Servers.LiveMigrate(ctx, "s", m) }
	}
	evacuate := func(ctx context.Context, c *client.Client) error {
		_, err := c.Servers.Evacuate(ctx, "s", client.Evacuation{Host: "h", Password: "p"})
		return err
	}
	migrate := func(host string) func(context.Context, *client.Client) error {
		return func(ctx context.Context, c *client.Client) error { return c.Servers.Migrate(ctx, "s", host) }
	}
	enable := func(ctx context.Context, c *client.Client) error { return c.Services.Enable(ctx, service) }
	disable := func(ctx context.Context, c *client.Client) error { return c.Services.Disable(ctx, service, "why") }
	down := func(ctx context.Context, c *client.Client) error { return c.Services.ForceDown(ctx, service, true) }
	matching := func(ctx context.Context, c *client.Client) error {
		_, err := client.Collect(c.Hypervisors.Matching(ctx, "h", true))
		return err
	}
	for _, test := range []struct {
		minor uint16
		call  func(context.Context, *client.Client) error
		want  string // empty: refused without a request
	}{
		{24, live(client.LiveMigration{}), `POST /servers/s/action {"os-migrateLive":{"host":null,"block_migration":false,"disk_over_commit":false}}`},
		{24, live(client.LiveMigration{Force: true}), ""},
		{25, live(client.LiveMigration{Host: "h"}), `POST /servers/s/action {"os-migrateLive":{"host":"h","block_migration":"auto"}}`},
		{30, live(client.LiveMigration{Host: "h", Block: &yes, Force: true}), `POST /servers/s/action {"os-migrateLive":{"host":"h","block_migration":true,"force":true}}`},
		{68, live(client.LiveMigration{Host: "h", Force: true}), ""},
		{25, live(client.LiveMigration{DiskOverCommit: true}), ""},
		{13, evacuate, `POST /servers/s/action {"evacuate":{"host":"h","onSharedStorage":false,"adminPass":"p"}}`},
		{14, evacuate, `POST /servers/s/action {"evacuate":{"host":"h","adminPass":"p"}}`},
		{55, migrate(""), `POST /servers/s/action {"migrate":null}`},
		{55, migrate("h"), ""},
		{56, migrate("h"), `POST /servers/s/action {"migrate":{"host":"h"}}`},
		{52, enable, `PUT /os-services/enable {"host":"h","binary":"nova-compute"}`},
		{53, enable, `PUT /os-services/u {"status":"enabled"}`},
		{52, disable, `PUT /os-services/disable-log-reason {"host":"h","binary":"nova-compute","disabled_reason":"why"}`},
		{53, disable, `PUT /os-services/u {"status":"disabled","disabled_reason":"why"}`},
		{10, down, ""},
		{11, down, `PUT /os-services/force-down {"host":"h","binary":"nova-compute","forced_down":true}`},
		{53, down, `PUT /os-services/u {"forced_down":true}`},
		{52, matching, "GET /os-hypervisors/h/servers"},
		{53, matching, "GET /os-hypervisors?hypervisor_hostname_pattern=h&with_servers=true"},
	} {
		c, asked := recorded(t, test.minor)
		err := test.call(t.Context(), c)
		var want []string
		if test.want != "" {
			want = []string{test.want}
		}
		if diff := cmp.Diff(want, append([]string(nil), *asked...)); diff != "" || (err == nil) != (want != nil) {
			t.Errorf("at 2.%d: %v (- want, + got)\n%s", test.minor, err, diff)
		}
	}
}

// A project's usage is on as many pages as its servers need; the parts are added.
func TestUsageOfManyServers(t *testing.T) {
	page := func(server string, hours string, more string) string {
		return `{"tenant_usage": {"tenant_id": "p", "server_usages": [{"instance_id": "` + server + `"}], "total_hours": ` + hours + `, "total_vcpus_usage": 1, "total_memory_mb_usage": 2, "total_local_gb_usage": 3}` + more + `}`
	}
	next := `, "tenant_usage_links": [{"rel": "next", "href": "http://x/?marker=a"}]`
	c, asked := recorded(t, 40, page("a", "1.5", next), page("b", "2", ""))
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	usage, err := c.Usages.Get(t.Context(), "p", start, start.Add(time.Millisecond))
	if err != nil || usage.Hours.V != 3.5 || usage.MemoryHours.V != 4 || len(usage.Servers.V) != 2 || usage.Servers.V[1].ServerID != "b" {
		t.Errorf("%v: %+v", err, usage)
	}
	const query = "GET /os-simple-tenant-usage/p?end=2026-01-01T00%3A00%3A00.001000"
	if diff := cmp.Diff([]string{query + "&start=2026-01-01T00%3A00%3A00", query + "&marker=a&start=2026-01-01T00%3A00%3A00"}, *asked); diff != "" {
		t.Error(diff)
	}
	none, err := client.Collect(c.Usages.List(t.Context(), compute.UsageQuery{}))
	if err != nil || len(none) > 0 {
		t.Errorf("%v: %+v", err, none)
	}
}
