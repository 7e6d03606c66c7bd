package client_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
)

// onStub is a client at a version of a Compute API that answers by handler, and the requests it got.
func onStub(t *testing.T, v wire.Version, handler http.HandlerFunc) (c *client.Client, sent *[]string) {
	t.Helper()
	sent = &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*sent = append(*sent, strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+string(body)))
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	session := client.Static{Endpoints: map[string]string{"compute": server.URL}}
	return client.New(client.NewTransport(client.Options{}), session).At(v), sent
}

// Server groups have no markers: the list goes on at an offset until a page is empty.
func TestServerGroupsGoOnUntilAPageIsEmpty(t *testing.T) {
	c, sent := onStub(t, wire.V(2, 64), func(w http.ResponseWriter, r *http.Request) {
		groups := []string{`{"id":"a"}`, `{"id":"b"}`, `{"id":"c"}`}
		var offset int
		_, _ = fmt.Sscan(r.URL.Query().Get("offset"), &offset)
		page := groups[min(offset, 3):min(offset+2, 3)]
		_, _ = fmt.Fprintf(w, `{"server_groups": [%s]}`, strings.Join(page, ","))
	})
	var ids []string
	for group, err := range c.ServerGroups.List(t.Context(), compute.ServerGroupQuery{Limit: wire.Some(2)}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, group.ID)
	}
	if !slices.Equal(ids, []string{"a", "b", "c"}) || len(*sent) != 3 {
		t.Errorf("walked %v by %v", ids, *sent)
	}
}

func TestAttachmentsInTheFormOfTheirVersion(t *testing.T) {
	for _, c := range []struct {
		minor  uint16
		status int
		reply  string
		call   func(*client.Client) error
		sent   string
	}{
		{63, 200, `{"server_group": {}}`, func(c *client.Client) error {
			_, err := c.ServerGroups.Create(t.Context(), "g", "affinity", 0)
			return err
		}, `POST /os-server-groups {"server_group":{"name":"g","policies":["affinity"]}}`},
		{64, 200, `{"server_group": {}}`, func(c *client.Client) error {
			_, err := c.ServerGroups.Create(t.Context(), "g", "anti-affinity", 2)
			return err
		}, `POST /os-server-groups {"server_group":{"name":"g","policy":"anti-affinity","rules":{"max_server_per_host":2}}}`},
		{100, 200, `{"volumeAttachment": {"volumeId": "v"}}`, func(c *client.Client) error {
			made, err := c.Servers.AttachVolume(t.Context(), "s", compute.VolumeWanted{VolumeID: "v"})
			if made.VolumeID != "v" {
				t.Errorf("attached %v", made)
			}
			return err
		}, `POST /servers/s/os-volume_attachments {"volumeAttachment":{"volumeId":"v"}}`},
		{101, 202, ``, func(c *client.Client) error {
			_, err := c.Servers.AttachVolume(t.Context(), "s", compute.VolumeWanted{VolumeID: "v"})
			return err
		}, `POST /servers/s/os-volume_attachments {"volumeAttachment":{"volumeId":"v"}}`},
		{26, 204, ``, func(c *client.Client) error { return c.Servers.AddTag(t.Context(), "s", "a b") }, `PUT /servers/s/tags/a%20b`},
		{75, 207, `{"events": [{"server_uuid": "s", "name": "network-changed", "status": "failed", "code": 404}]}`, func(c *client.Client) error {
			taken, err := c.ExternalEvents.Create(t.Context(), compute.NewExternalEvent("s", "network-changed"))
			if len(taken) != 1 || taken[0].Code != 404 {
				t.Errorf("the events are %v", taken)
			}
			return err
		}, `POST /os-server-external-events {"events":[{"server_uuid":"s","name":"network-changed"}]}`},
	} {
		cloud, sent := onStub(t, wire.V(2, c.minor), func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.reply)
		})
		if err := c.call(cloud); err != nil {
			t.Errorf("%s at 2.%d: %v", c.sent, c.minor, err)
		}
		if !slices.Equal(*sent, []string{c.sent}) {
			t.Errorf("at 2.%d sent %q, not %q", c.minor, *sent, c.sent)
		}
	}
}
