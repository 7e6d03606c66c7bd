package client_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
)

func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s|%s|%s|%s", r.Method, r.URL, r.Header.Get("X-Auth-Token"), r.Header.Get("OpenStack-API-Version"), body)
}

func TestRaw(t *testing.T) {
	url, _ := peer(t, echo)
	session := client.Static{AuthToken: "secret", Endpoints: map[string]string{"compute": url + "/v2.1"}}
	service := client.New(client.NewTransport(client.Options{}), session).Compute.At(wire.V(2, 50))
	for _, c := range []struct {
		path    string
		header  http.Header
		want    string
		refused bool
	}{
		{path: "/servers?limit=1", want: "PUT /v2.1/servers?limit=1|secret|compute 2.50|{}"},
		{path: "servers", want: "PUT /v2.1/servers|secret|compute 2.50|{}"},
		{path: "", want: "PUT /v2.1|secret|compute 2.50|{}"},
		{path: "/servers", header: http.Header{"Openstack-Api-Version": {"compute 2.60"}}, want: "PUT /v2.1/servers|secret|compute 2.60|{}"},
		{path: url + "/v2.1/servers/1", want: "PUT /v2.1/servers/1|secret|compute 2.50|{}"},
		{path: url + "/v2.1?limit=1", want: "PUT /v2.1?limit=1|secret|compute 2.50|{}"},
		{path: "@other.example/x", want: "PUT /v2.1/@other.example/x|secret|compute 2.50|{}"},
		{path: url + "/v2.10/servers", refused: true},
		{path: url + "/v2", refused: true},
		{path: "http://other.example/v2.1/servers", refused: true},
		{path: "https://other.example", refused: true},
		{path: "HTTP://other.example", refused: true},
	} {
		reply, err := service.Raw(t.Context(), "PUT", c.path, c.header, []byte("{}"))
		if c.refused {
			if err == nil {
				t.Errorf("%s: the token was sent: %s", c.path, reply.Body)
			}
		} else if err != nil || string(reply.Body) != c.want {
			t.Errorf("%s: %v, %v; want %s", c.path, reply, err, c.want)
		}
	}
}

func TestRawRefusalIsWhole(t *testing.T) {
	url, _ := peer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Odd", "1")
		w.WriteHeader(http.StatusConflict)
		fmt.Fprint(w, `{"conflictingRequest": {"message": "No."}, "more": 1}`)
	})
	session := client.Static{Endpoints: map[string]string{"compute": url}}
	_, err := client.New(client.NewTransport(client.Options{}), session).Compute.Raw(t.Context(), "DELETE", "/x", nil, nil)
	var refusal *client.Error
	if !errors.As(err, &refusal) {
		t.Fatal(err)
	}
	reply := refusal.Reply()
	if reply.Status != 409 || reply.Header.Get("X-Odd") != "1" || !strings.HasSuffix(string(reply.Body), `"more": 1}`) {
		t.Errorf("%+v", reply)
	}
}

// What Before holds back is shown as it would be sent, without secrets, and is not sent.
func TestBefore(t *testing.T) {
	url, seen := peer(t, echo)
	var shown []client.Exchange
	options := client.Options{Before: func(x client.Exchange) error {
		shown = append(shown, x)
		if x.Method == "GET" {
			return nil
		}
		return client.ErrHeld
	}}
	session := client.Static{AuthToken: "topsecret", Endpoints: map[string]string{"compute": url}}
	service := client.New(client.NewTransport(options), session).Compute.At(wire.V(2, 50))
	if _, err := service.Raw(t.Context(), "GET", "/servers", nil, nil); err != nil {
		t.Fatal(err)
	}
	in := compute.ServerCreate{Server: compute.ServerNew{Name: "it's", AdminPass: "hidden"}}
	if _, err := client.Do(t.Context(), service, compute.CreateServer, in); !errors.Is(err, client.ErrHeld) {
		t.Errorf("held: %v", err)
	}
	if seen() != 1 || len(shown) != 2 || shown[1].Route != "servers.create" {
		t.Fatalf("%d sent, %d shown", seen(), len(shown))
	}
	command := shown[1].Command()
	if strings.Contains(command, "secret") || strings.Contains(command, "hidden") ||
		!strings.HasPrefix(command, "curl -g -X POST '"+url+"/servers' -H 'Accept: application/json'") ||
		!strings.Contains(command, `-H "X-Auth-Token: $OS_TOKEN"`) || !strings.Contains(command, `"name": "it'\''s"`) {
		t.Error(command)
	}
	var none client.Exchange
	if none.RequestBody()+none.ReplyBody() != "" || none.Curl() != "curl -g -i -X  " {
		t.Errorf("an empty exchange: %q", none.Curl())
	}
}
