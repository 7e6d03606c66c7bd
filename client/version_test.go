package client_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
)

func document(lowest, highest string) http.HandlerFunc {
	return answer(200, `{"version": {"id": "v2.1", "status": "CURRENT", "version": "`+highest+`", "min_version": "`+lowest+`", "links": []}}`)
}

// TestNegotiate holds novaclient's rules and texts (18.1.0, shell.py and
// api_versions.py).
func TestNegotiate(t *testing.T) {
	own := client.Range{Min: wire.V(2, 1), Max: wire.V(2, 92)}
	for _, test := range []struct {
		asked   string
		replies []http.HandlerFunc
		want    string // version or text of the error
		class   string
		sent    int
	}{
		{"2.latest", []http.HandlerFunc{document("2.1", "2.93")}, "2.92", "", 1},
		{"2.latest", []http.HandlerFunc{document("2.1", "2.60")}, "2.60", "", 1},
		{"2.latest", []http.HandlerFunc{document("", "")}, "2.0", "", 1},
		{"2.latest", []http.HandlerFunc{document("2.95", "2.104")}, "Server version is too new. The client valid version range is '2.1' to '2.92'. The server valid version range is '2.95' to '2.104'.", client.UnsupportedVersion, 1},
		{"2.53", []http.HandlerFunc{document("2.1", "2.93")}, "2.53", "", 1},
		{"2.53", []http.HandlerFunc{document("2.1", "2.50")}, "The specified version isn't supported by server. The valid version range is '2.1' to '2.50'", client.UnsupportedVersion, 1},
		{"2.53", []http.HandlerFunc{document("", "")}, "Server doesn't support microversions", client.UnsupportedVersion, 1},
		{"2.53", []http.HandlerFunc{answer(401, "")}, "Server doesn't support microversions", client.UnsupportedVersion, 2},
		{"2.93", nil, "The specified version isn't supported by client. The valid version range is '2.1' to '2.92'", client.CommandError, 0},
		{"2", []http.HandlerFunc{document("2.1", "2.93")}, "2.0", "", 1},
		{"2.0", []http.HandlerFunc{document("2.5", "2.93")}, "The server isn't backward compatible with Nova V2 REST API", client.UnsupportedVersion, 1},
		{"2.1", []http.HandlerFunc{document("2.1", "2.93")}, "2.1", "", 1},
		{"3", nil, "Invalid client version '3.0'. Major part should be '2'", client.UnsupportedVersion, 0},
		{"3.latest", nil, "Invalid client version '3.latest'. Major part should be '2'", client.UnsupportedVersion, 0},
		{"2.x", nil, "Invalid format of client version '2.x'. Expected format 'X.Y', where X is a major part and Y is a minor part of version.", client.UnsupportedVersion, 0},
		{"2.01", nil, "Invalid format of client version '2.01'. Expected format 'X.Y', where X is a major part and Y is a minor part of version.", client.UnsupportedVersion, 0},
		{"2.latest", []http.HandlerFunc{answer(404, ""), document("2.1", "2.60")}, "2.60", "", 2},
		{"2.latest", []http.HandlerFunc{answer(200, `{"versions": [{"id": "v2.0", "version": "", "min_version": ""}, {"id": "v2.1", "version": "2.93", "min_version": "2.1"}]}`)}, "2.92", "", 1},
	} {
		replies := test.replies
		if replies == nil {
			replies = []http.HandlerFunc{answer(500, "")}
		}
		url, sent := peer(t, replies...)
		c := newClient(t, newSession(url))
		got, class := "", ""
		asked, err := client.ParseAsked(test.asked)
		if err == nil {
			var v wire.Version
			v, err = c.Compute.Negotiate(t.Context(), asked, own)
			got = v.String()
		}
		if failure, ok := err.(*client.Failure); ok {
			got, class = failure.Message, failure.Class
		} else if err != nil {
			got = err.Error()
		}
		if got != test.want || class != test.class || sent() != test.sent {
			t.Errorf("asked for %s:\n got %s %q, %d requests\nwant %s %q, %d requests", test.asked, class, got, sent(), test.class, test.want, test.sent)
		}
	}
}

func TestNewest(t *testing.T) {
	flavor := answer(200, `{"flavor":{"id":"1","name":"m1.tiny"}}`)
	url, sent := peer(t, answer(503, ""), document("2.1", "2.60"), flavor, flavor)
	s := newSession(url)
	c := client.New(client.NewTransport(client.Options{Clock: newClock().clock(), Retries: -1}), s)
	if _, err := c.Flavors.Get(t.Context(), "1"); !errors.Is(err, client.ErrUnavailable) || sent() != 1 {
		t.Fatalf("no versions to be had: %v, %d requests", err, sent())
	}
	for i := range 2 {
		if _, err := c.Flavors.Get(t.Context(), "1"); err != nil || sent() != 3+i {
			t.Fatalf("%v, %d requests", err, sent())
		}
	}
	// What the version that was found lacks is refused before anything is sent.
	_, err := client.Do(t.Context(), c.Compute, compute.ListServers, compute.ServerQuery{Locked: wire.Some("true")})
	if err == nil || !strings.Contains(err.Error(), "locked needs version 2.73 or later, and this call is at 2.60") || sent() != 4 {
		t.Errorf("%v, %d requests", err, sent())
	}
}

func TestVersionsAreRemembered(t *testing.T) {
	url, sent := peer(t, document("2.1", "2.93"), document("2.1", "2.93"), answer(406, ""), document("2.1", "2.60"))
	s := newSession(url)
	clock := newClock()
	c := client.New(client.NewTransport(client.Options{Clock: clock.clock()}), s)
	for range 3 {
		if r, err := c.Compute.Versions(t.Context()); err != nil || r.Max != wire.V(2, 93) {
			t.Fatal(r, err)
		}
	}
	if sent() != 1 {
		t.Errorf("asked %d times", sent())
	}
	clock.now = clock.now.Add(2 * 3600e9)
	if _, err := c.Compute.Versions(t.Context()); err != nil || sent() != 2 {
		t.Errorf("old versions are believed: %v, asked %d times", err, sent())
	}
	// A server that refuses the version has changed: ask again.
	if _, err := c.At(wire.V(2, 93)).Flavors.Get(t.Context(), "1"); err == nil {
		t.Error("406 is no error")
	}
	if r, err := c.Compute.Versions(t.Context()); err != nil || r.Max != wire.V(2, 60) {
		t.Error(r, err)
	}
}
