package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
)

// renewing is a session whose first token is refused.
type renewing struct {
	client.Static
	renewed   int
	documents map[string][]byte
}

func (r *renewing) Renew(context.Context, wire.Secret) (wire.Secret, error) {
	r.renewed++
	return "fresh", nil
}

func (r *renewing) Recall(key string) []byte { return r.documents[key] }

func (r *renewing) Remember(key string, document []byte) {
	if r.documents == nil {
		r.documents = map[string][]byte{}
	}
	r.documents[key] = document
}

func newSession(url string) *renewing {
	return &renewing{Static: client.Static{AuthToken: "stale", Endpoints: map[string]string{"compute": url + "/v2.1", "image": url + "/image", "identity": url}}}
}

// needsFresh answers 401 until the fresh token comes.
func needsFresh(then http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Auth-Token") != "fresh" {
			answer(401, `{"error":{"code":401,"title":"Unauthorized","message":"no"}}`)(w, r)
			return
		}
		then(w, r)
	}
}

func newClient(t *testing.T, s client.Session) *client.Client {
	t.Helper()
	tr := client.NewTransport(client.Options{Clock: newClock().clock()})
	t.Cleanup(tr.Close)
	return client.New(tr, s).At(wire.V(2, 1))
}

func TestTokenIsRenewedOnce(t *testing.T) {
	url, sent := peer(t, needsFresh(answer(200, `{"flavor":{"id":"1","name":"m1.tiny"}}`)))
	s := newSession(url)
	flavor, err := newClient(t, s).Flavors.Get(t.Context(), "1")
	if err != nil || flavor.Name != "m1.tiny" || s.renewed != 1 || sent() != 2 {
		t.Errorf("%+v %v, renewed %d times, sent %d", flavor, err, s.renewed, sent())
	}
	url, sent = peer(t, answer(401, ""))
	s = newSession(url)
	if _, err := newClient(t, s).Flavors.Get(t.Context(), "1"); !errors.Is(err, client.ErrUnauthorized) || s.renewed != 1 || sent() != 2 {
		t.Errorf("%v, renewed %d times, sent %d", err, s.renewed, sent())
	}
}

func TestUploadIsSentAgainWhenItCan(t *testing.T) {
	const data = "image bytes"
	for _, test := range []struct {
		name string
		from func() io.Reader
		eats bool // the server reads the body before it refuses
		want error
	}{
		{"unread stream", func() io.Reader { return io.MultiReader(strings.NewReader(data)) }, false, nil},
		{"read stream", func() io.Reader { return io.MultiReader(strings.NewReader(data)) }, true, client.ErrUnauthorized},
		{"seeker", func() io.Reader {
			r := strings.NewReader("skipped " + data)
			_, _ = r.Seek(int64(len("skipped ")), io.SeekStart)
			return r
		}, true, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			url, _ := peer(t, func(w http.ResponseWriter, r *http.Request) {
				if test.eats {
					_, _ = io.Copy(io.Discard, r.Body)
				}
				answer(401, "")(w, r)
			}, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got = fmt.Sprintf("%s %s %s", r.Method, r.URL.Path, body)
				w.WriteHeader(204)
			})
			err := newClient(t, newSession(url)).Images.Upload(t.Context(), "i1", test.from())
			if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if test.want == nil && got != "PUT /image/v2/images/i1/file "+data {
				t.Errorf("the server got %q", got)
			}
		})
	}
}

func TestDownloadStreams(t *testing.T) {
	url, _ := peer(t, answer(200, "abc", "Content-Type", "application/octet-stream"), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "only this")
	})
	c := newClient(t, newSession(url))
	body, err := c.Images.Download(t.Context(), "i1")
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(body)
	if err != nil || string(got) != "abc" {
		t.Errorf("%q %v", got, err)
	}
	_ = body.Close()
	if body, err = c.Images.Download(t.Context(), "i1"); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = body.Close() }()
	var failure *client.Failure
	if _, err := io.ReadAll(body); !errors.As(err, &failure) {
		t.Errorf("a stream that broke off: %v", err)
	}
}

func TestVersionHeaders(t *testing.T) {
	for _, test := range []struct{ version, legacy, header string }{
		{"2.0", "", ""},
		{"2.1", "2.1", ""},
		{"2.26", "2.26", ""},
		{"2.27", "2.27", "compute 2.27"},
		{"2.93", "2.93", "compute 2.93"},
	} {
		var got http.Header
		url, _ := peer(t, func(w http.ResponseWriter, r *http.Request) {
			got = r.Header
			answer(200, `{"flavor":{"id":"1","swap":7,"vcpus":1}}`, "OpenStack-API-Version", "compute 2.10")(w, r)
		})
		c := newClient(t, newSession(url)).At(wire.MustVersion(test.version))
		// The reply says that it is at 2.10, and is read as such.
		if flavor, err := c.Flavors.Get(t.Context(), "1"); err != nil || flavor.SwapOrNone != 7 {
			t.Errorf("%s: %+v %v", test.version, flavor, err)
		}
		if got.Get("X-OpenStack-Nova-API-Version") != test.legacy || got.Get("OpenStack-API-Version") != test.header {
			t.Errorf("%s: %v", test.version, got)
		}
	}
}

func TestRouteOutOfItsVersion(t *testing.T) {
	c := newClient(t, newSession("http://127.0.0.1:1"))
	_, err := client.Do(t.Context(), c.Compute, compute.UpdateFlavor, compute.FlavorUpdate{ID: "1"})
	var failure *client.Failure
	if !errors.As(err, &failure) || failure.Class != client.UnsupportedVersion || !strings.Contains(err.Error(), "needs 2.55 or later") {
		t.Errorf("%v", err)
	}
}

func TestRepliesThatAreNone(t *testing.T) {
	for name, reply := range map[string]http.HandlerFunc{
		"choices":  answer(300, `{"choices":[]}`),
		"a page":   answer(200, "<html>welcome</html>"),
		"cut off":  answer(200, `{"flavor":{"id"`),
		"redirect": answer(302, "", "Location", "https://elsewhere.invalid/"),
	} {
		url, _ := peer(t, reply)
		_, err := newClient(t, newSession(url)).Flavors.Get(t.Context(), "1")
		var failure *client.Failure
		if !errors.As(err, &failure) || failure.Class != client.BadReply {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPages(t *testing.T) {
	pages := map[string]string{
		"":  `{"flavors":[{"id":"1"},{"id":"2"}],"flavors_links":[{"rel":"next","href":"http://inner.invalid/v2.1/flavors/detail?limit=2&marker=2"}]}`,
		"2": `{"flavors":[{"id":"3"}],"flavors_links":[{"rel":"next","href":"/flavors/detail?marker=3"}]}`,
		"3": `{"flavors":[],"flavors_links":[{"rel":"next","href":"/flavors/detail?marker=4"}]}`,
		"x": `{"flavors":[{"id":"1"}],"flavors_links":[{"rel":"next","href":"?marker=x"}]}`,
	}
	url, sent := peer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("limit") != "2" {
			t.Errorf("the limit is lost in %s", r.URL)
		}
		_, _ = io.WriteString(w, pages[r.URL.Query().Get("marker")])
	})
	c := newClient(t, newSession(url))
	ids := func(q compute.FlavorQuery) (ids []string, err error) {
		q.Limit = wire.Some(2)
		for flavor, err := range c.Flavors.List(t.Context(), q) {
			if err != nil {
				return ids, err
			}
			ids = append(ids, flavor.ID)
		}
		return ids, nil
	}
	got, err := ids(compute.FlavorQuery{})
	if diff := cmp.Diff([]string{"1", "2", "3"}, got); diff != "" || err != nil || sent() != 3 {
		t.Errorf("%v after %d pages: %s", err, sent(), diff)
	}
	if got, err = ids(compute.FlavorQuery{Marker: wire.Some("x")}); err == nil || len(got) != 2 {
		t.Errorf("a page that links to itself: %v %v", got, err)
	}
	for range c.Flavors.List(t.Context(), compute.FlavorQuery{Limit: wire.Some(2)}) {
		break
	}
	if sent() != 6 {
		t.Errorf("a loop that was left went on: %d pages", sent())
	}
}

func TestAwait(t *testing.T) {
	at := func(status, task string) http.HandlerFunc {
		return answer(200, `{"server":{"id":"s","status":"`+status+`","OS-EXT-STS:task_state":`+task+`,"fault":{"code":500,"created":"2026-01-01T00:00:00Z","message":"No valid host"}}}`)
	}
	build, active, failed := at("BUILD", `"spawning"`), at("ACTIVE", "null"), at("ERROR", "null")
	for _, test := range []struct {
		name    string
		replies []http.HandlerFunc
		status  string // of the server returned
		looks   int
		says    string // of the error
	}{
		{"becomes active", []http.HandlerFunc{build, build, active}, "ACTIVE", 3, ""},
		{"active with a task", []http.HandlerFunc{at("ACTIVE", `"rebooting"`), active}, "ACTIVE", 2, ""},
		{"goes into error", []http.HandlerFunc{build, failed}, "BUILD", 2, "No valid host"},
		{"service away for a while", []http.HandlerFunc{build, answer(502, ""), answer(502, ""), active}, "ACTIVE", 4, ""},
		{"service away for good", []http.HandlerFunc{build, answer(502, "")}, "BUILD", 7, "Bad Gateway"},
		{"gone", []http.HandlerFunc{build, answer(404, "")}, "BUILD", 2, "Not Found"},
		{"never", []http.HandlerFunc{build}, "BUILD", 11, "Waited 10s for server s to become [ACTIVE]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			url, looks := peer(t, test.replies...)
			c := newClient(t, newSession(url))
			progress := 0
			server, err := c.Servers.Await(t.Context(), "s", client.Wait{Timeout: 10 * time.Second, Clock: newClock().clock()}, func(compute.Server) { progress++ }, "ACTIVE")
			if server.Status != test.status || looks() != test.looks || (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s after %d looks: %v", server.Status, looks(), err)
			}
			if progress == 0 {
				t.Error("no progress was shown")
			}
		})
	}
	url, _ := peer(t, build, answer(404, ""))
	if err := newClient(t, newSession(url)).Servers.AwaitGone(t.Context(), "s", client.Wait{Clock: newClock().clock()}); err != nil {
		t.Error(err)
	}
}

func TestUntilEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := client.Until(ctx, client.Wait{}, func(context.Context) (int, bool, error) {
		cancel()
		return 1, false, nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestRootOf(t *testing.T) {
	for endpoint, want := range map[string]string{
		"http://h:8774/v2.1":           "http://h:8774",
		"http://h:8774/v2.1/":          "http://h:8774",
		"http://h/compute/v2.1/0123ab": "http://h/compute",
		"http://h/compute":             "http://h/compute",
		"http://h:9292":                "http://h:9292",
		"http://h/vhosts/image":        "http://h/vhosts/image",
		"":                             "",
		"nonsense":                     "nonsense",
	} {
		if got := client.RootOf(endpoint); got != want {
			t.Errorf("RootOf(%q) = %q, want %q", endpoint, got, want)
		}
	}
}
