package image_test

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/novalet/novalet/internal/base/store/storetest"
	"github.com/novalet/novalet/internal/service/image"
)

// modelImage is what an image should be.
type modelImage struct {
	status    string
	data      string
	protected bool
}

// TestStateMachine drives images through random lives and compares the API,
// the folder and the count of bytes with a model.
func TestStateMachine(t *testing.T) {
	e := serve(t, storetest.Open(t, storetest.SQLite(t)), t.TempDir(), image.Limits{})
	rapid.Check(t, func(t *rapid.T) {
		model := map[string]*modelImage{}
		pick := func() (string, *modelImage) {
			if len(model) == 0 {
				t.Skip("no images")
			}
			id := rapid.SampledFrom(slices.Sorted(maps.Keys(model))).Draw(t, "image")
			return id, model[id]
		}
		expect := func(r reply, ok bool, good, bad int) {
			want := bad
			if ok {
				want = good
			}
			if r.status != want {
				t.Fatalf("status %d, want %d: %s", r.status, want, r.body)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"create": func(t *rapid.T) {
				if len(model) < 4 {
					model[e.create("demo", raw)] = &modelImage{status: "queued"}
				}
			},
			"upload": func(t *rapid.T) {
				id, m := pick()
				data := rapid.SampledFrom([]string{"", "a", "hello", "bad"}).Draw(t, "data")
				body := data
				if data == "bad" {
					body = qcow2()
				}
				r := e.upload("demo", id, body)
				switch {
				case m.status != "queued":
					expect(r, false, 0, 409)
				case data == "bad":
					expect(r, false, 0, 415)
				default:
					expect(r, true, 204, 0)
					m.status, m.data = "active", data
				}
			},
			"deactivate": func(t *rapid.T) {
				id, m := pick()
				expect(e.do("demo", "POST", "/v2/images/"+id+"/actions/deactivate", "", nil), m.status != "queued", 204, 403)
				if m.status != "queued" {
					m.status = "deactivated"
				}
			},
			"reactivate": func(t *rapid.T) {
				id, m := pick()
				expect(e.do("demo", "POST", "/v2/images/"+id+"/actions/reactivate", "", nil), m.status != "queued", 204, 403)
				if m.status != "queued" {
					m.status = "active"
				}
			},
			"protect": func(t *rapid.T) {
				id, m := pick()
				m.protected = rapid.Bool().Draw(t, "protected")
				expect(e.patch("demo", id, fmt.Sprintf(`[{"op": "replace", "path": "/protected", "value": %v}]`, m.protected)), true, 200, 0)
			},
			"delete": func(t *rapid.T) {
				id, m := pick()
				expect(e.do("demo", "DELETE", "/v2/images/"+id, "", nil), !m.protected, 204, 403)
				if !m.protected {
					delete(model, id)
				}
			},
			"restart": func(t *rapid.T) {
				if err := e.service.Recover(e.t.Context()); err != nil {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) {
				var bytes int64
				files := 0
				for id, m := range model {
					i, err := e.service.Image(e.t.Context(), id, callers["demo"])
					if err != nil || string(i.Status) != m.status {
						t.Fatalf("%s is %v, want %s, %v", id, i.Status, m.status, err)
					}
					if m.status == "queued" {
						continue
					}
					data, err := e.service.OpenImage(e.t.Context(), id)
					if err != nil {
						t.Fatal(err)
					}
					held, err := io.ReadAll(data)
					if err := data.Close(); err != nil {
						t.Error(err)
					}
					if string(held) != m.data || err != nil {
						t.Fatalf("%s holds %q, want %q, %v", id, held, m.data, err)
					}
					bytes += int64(len(m.data))
					files++
				}
				if got := e.files(); len(got) != files {
					t.Fatalf("%d files, want %d: %s", len(got), files, strings.Join(got, " "))
				}
				if got, err := e.db.ImageBytes(e.t.Context(), "p-demo"); got != bytes || err != nil {
					t.Fatalf("%d bytes are counted, want %d, %v", got, bytes, err)
				}
			},
		})
		if n := len(strings.Fields(e.names("demo", ""))); n != len(model) {
			t.Fatalf("%d images are listed, want %d", n, len(model))
		}
		for id, m := range model {
			if m.protected {
				e.patch("demo", id, `[{"op": "replace", "path": "/protected", "value": false}]`)
			}
			expect(e.do("demo", "DELETE", "/v2/images/"+id, "", nil), true, 204, 0)
		}
	})
}
