package image_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	api "github.com/novalet/novalet/api/image"
)

func TestImageLife(t *testing.T) {
	both(t, func(e *edge) {
		r := e.want(201, e.do("demo", "POST", "/v2/images", "application/json", raw))
		id := r.json(e.t)["id"].(string)
		if got := r.header.Get("Location"); got != e.url+"/v2/images/"+id {
			e.t.Errorf("Location %s", got)
		}
		want := map[string]any{
			"name": "one", "disk_format": "raw", "container_format": "bare", "visibility": "shared", "size": nil, "virtual_size": nil,
			"status": "queued", "checksum": nil, "protected": false, "min_ram": 0.0, "min_disk": 0.0, "owner": "p-demo", "os_hidden": false,
			"os_hash_algo": nil, "os_hash_value": nil, "id": id, "created_at": "2026-11-22T12:00:00Z", "updated_at": "2026-11-22T12:00:00Z",
			"tags": []any{}, "self": "/v2/images/" + id, "file": "/v2/images/" + id + "/file", "schema": "/v2/schemas/image",
		}
		if diff := cmp.Diff(want, e.show("demo", id)); diff != "" {
			e.t.Error(diff)
		}
		e.want(204, e.get("demo", "/v2/images/"+id+"/file"))
		e.want(204, e.upload("demo", id, "hello world\n"))
		want["status"], want["size"], want["virtual_size"] = "active", 12.0, 12.0
		want["checksum"], want["os_hash_algo"] = "6f5902ac237024bdd0c176cb93063dc4", "sha512"
		want["os_hash_value"] = "db3974a97f2407b7cae1ae637c0030687a11913274d578492558e39c16c017de84eacdc8c62fe34ee4e12b4b1428817f09b6a2760c3f8a664ceae94d2434a593"
		if diff := cmp.Diff(want, e.show("demo", id)); diff != "" {
			e.t.Error(diff)
		}
		r = e.want(200, e.get("demo", "/v2/images/"+id+"/file"))
		if string(r.body) != "hello world\n" || r.header.Get("Content-MD5") != "6f5902ac237024bdd0c176cb93063dc4" ||
			r.header.Get("Content-Type") != "application/octet-stream" || r.header.Get("Content-Length") != "12" {
			e.t.Errorf("download: %q %v", r.body, r.header)
		}
		if r := e.want(409, e.upload("demo", id, "again")); !strings.Contains(string(r.body), "from active to saving is not allowed") {
			e.t.Errorf("%s", r.body)
		}
		e.want(204, e.do("demo", "DELETE", "/v2/images/"+id, "", nil))
		e.want(404, e.get("demo", "/v2/images/"+id))
		e.want(404, e.do("demo", "DELETE", "/v2/images/"+id, "", nil))
		e.want(404, e.upload("demo", id, "x"))
		if files := e.files(); len(files) != 0 {
			e.t.Errorf("left over: %q", files)
		}
		e.want(409, e.do("demo", "POST", "/v2/images", "application/json", fmt.Sprintf(`{"id": %q}`, id)))
	})
}

func TestEmptyImage(t *testing.T) {
	both(t, func(e *edge) {
		id := e.create("demo", raw)
		e.want(204, e.upload("demo", id, ""))
		i := e.show("demo", id)
		if i["status"] != "active" || i["size"] != 0.0 || i["virtual_size"] != nil || i["checksum"] != "d41d8cd98f00b204e9800998ecf8427e" {
			e.t.Errorf("%v", i)
		}
		if r := e.want(200, e.get("demo", "/v2/images/"+id+"/file")); len(r.body) != 0 {
			e.t.Errorf("%q", r.body)
		}
	})
}

func TestCreateRefusals(t *testing.T) {
	many := map[string]string{}
	for n := range 129 {
		many[fmt.Sprintf("p%d", n)] = "v"
	}
	tooMany, _ := json.Marshal(many)
	tests := []struct {
		who, body string
		status    int
		says      string
	}{
		{"demo", `{"size": 1}`, 403, "'size' is read-only"},
		{"demo", `{"status": "active"}`, 403, "status"},
		{"demo", `{"checksum": "x"}`, 403, "checksum"},
		{"demo", `{"os_hash_value": "x"}`, 403, "os_hash_value"},
		{"demo", `{"locations": [{"url": "file:///etc/shadow", "metadata": {}}]}`, 403, "locations"},
		{"demo", `{"os_glance_x": "y"}`, 403, "reserved"},
		{"demo", `{"name": 1}`, 400, "name"},
		{"demo", `{"custom": null}`, 400, "custom"},
		{"demo", `{"kernel_id": "/etc/shadow"}`, 400, "kernel_id"},
		{"demo", `{"id": "../../x"}`, 400, "id"},
		{"demo", `{"disk_format": "nope"}`, 400, "disk_format"},
		{"demo", `{"min_disk": 99999999999999999999}`, 400, "min_disk"},
		{"demo", `[]`, 400, "object"},
		{"demo", `null`, 400, "object"},
		{"demo", `{x`, 400, "JSON"},
		{"demo", ``, 400, ""},
		{"demo", `{"name": "` + strings.Repeat("x", 1<<20) + `"}`, 413, "larger"},
		{"demo", string(tooMany), 413, "properties"},
		{"demo", `{"visibility": "public"}`, 403, "publicize_image"},
		{"demo", `{"owner": "p-other"}`, 403, "p-other"},
		{"reader", raw, 403, ""},
		{"", raw, 401, ""},
		{"nobody", raw, 401, ""},
	}
	both(t, func(e *edge) {
		for _, test := range tests {
			r := e.do(test.who, "POST", "/v2/images", "application/json", test.body)
			if r.status != test.status || !strings.Contains(string(r.body), test.says) {
				e.t.Errorf("%s %.80s: %d %.200s; want %d with %q", test.who, test.body, r.status, r.body, test.status, test.says)
			}
		}
		if got := e.names("admin", "?visibility=all"); got != "" {
			e.t.Errorf("made all the same: %s", got)
		}
		for _, body := range []string{
			`{}`, `{"name": null, "ramdisk_id": null}`, `{"name": "中 é 😀"}`, `{"owner": "p-demo"}`,
			`{"visibility": "community"}`, `{"tags": ["b", "a", "b"], "a b": "c"}`,
		} {
			e.create("demo", body)
		}
		e.create("admin", `{"owner": "p-other", "visibility": "public"}`)
	})
}

func TestPatch(t *testing.T) {
	tests := []struct {
		who, patch string
		status     int
		says       string // in the reply
	}{
		{"demo", `[{"op": "replace", "path": "/name", "value": "two"}]`, 200, `"name":"two"`},
		{"demo", `[{"op": "add", "path": "/foo", "value": "bar"}]`, 200, `"foo":"bar"`},
		{"demo", `[{"op": "replace", "path": "/foo", "value": "baz"}]`, 200, `"foo":"baz"`},
		{"demo", `[{"op": "remove", "path": "/foo"}]`, 200, `"name":"two"`},
		{"demo", `[{"op": "remove", "path": "/foo"}]`, 409, "foo does not exist"},
		{"demo", `[{"op": "replace", "path": "/nope", "value": "x"}]`, 409, "nope does not exist"},
		{"demo", `[{"op": "add", "path": "/name", "value": null}]`, 200, `"name":null`},
		{"demo", `[{"op": "replace", "path": "/tags", "value": ["y", "x", "y"]}]`, 200, `"tags":["x","y"]`},
		{"demo", `[{"op": "add", "path": "/kernel_id", "value": null}]`, 200, `"kernel_id":null`},
		{"demo", `[{"op": "replace", "path": "/kernel_id", "value": "x"}]`, 400, "kernel_id"},
		{"demo", `[{"op": "remove", "path": "/kernel_id"}]`, 200, `"status":"active"`},
		{"demo", `[{"op": "replace", "path": "/name", "value": "half"}, {"op": "remove", "path": "/nope"}]`, 409, "nope"},
		{"demo", `[]`, 200, `"name":null`}, // nothing of the half one
		{"demo", `[{"op": "replace", "path": "/id", "value": "x"}]`, 403, "read-only"},
		{"demo", `[{"op": "replace", "path": "/status", "value": "active"}]`, 403, "read-only"},
		{"demo", `[{"op": "remove", "path": "/status"}]`, 403, "read-only"},
		{"demo", `[{"op": "replace", "path": "/checksum", "value": "x"}]`, 403, "read-only"},
		{"demo", `[{"op": "add", "path": "/locations/-", "value": {"url": "file:///etc/shadow"}}]`, 400, "path"},
		{"demo", `[{"op": "replace", "path": "/locations", "value": []}]`, 403, "read-only"},
		{"demo", `[{"op": "remove", "path": "/name"}]`, 403, "may not be removed"},
		{"demo", `[{"op": "replace", "path": "/disk_format", "value": "qcow2"}]`, 403, "queued"},
		{"demo", `[{"op": "replace", "path": "/disk_format", "value": "raw"}]`, 200, "raw"},
		{"demo", `[{"op": "replace", "path": "/container_format", "value": "ovf"}]`, 403, "queued"},
		{"demo", `[{"op": "replace", "path": "/min_disk", "value": 5}]`, 200, `"min_disk":5`},
		{"demo", `[{"op": "replace", "path": "/min_disk", "value": "x"}]`, 400, "min_disk"},
		{"demo", `[{"op": "replace", "path": "/visibility", "value": "nope"}]`, 400, "visibility"},
		{"demo", `[{"op": "replace", "path": "/visibility", "value": "public"}]`, 403, "publicize_image"},
		{"demo", `[{"op": "replace", "path": "/visibility", "value": "private"}]`, 200, `"private"`},
		{"demo", `[{"op": "replace", "path": "/owner", "value": "p-other"}]`, 403, "p-other"},
		{"demo", `[{"op": "replace", "path": "/custom", "value": 1}]`, 409, "custom"},
		{"demo", `[{"op": "add", "path": "/custom", "value": 1}]`, 400, "custom"},
		{"demo", `[{"op": "add", "path": "/os_glance_x", "value": "1"}]`, 403, "reserved"},
		{"demo", `{}`, 400, "array"},
		{"demo", `[{"op": "test", "path": "/name", "value": "x"}]`, 400, "replace"},
		{"demo", `{x`, 400, "JSON"},
		{"reader", `[]`, 403, ""},
		{"other", `[]`, 404, "No image found"},
		{"admin", `[{"op": "replace", "path": "/visibility", "value": "public"}]`, 200, `"public"`},
		{"other", `[]`, 403, ""},
		{"demo", `[{"op": "replace", "path": "/name", "value": "still mine"}]`, 200, "still mine"},
	}
	both(t, func(e *edge) {
		id := e.create("demo", raw)
		e.want(204, e.upload("demo", id, "x"))
		for _, test := range tests {
			r := e.patch(test.who, id, test.patch)
			if r.status != test.status || !strings.Contains(string(r.body), test.says) {
				e.t.Errorf("%s %s: %d %s; want %d with %q", test.who, test.patch, r.status, r.body, test.status, test.says)
			}
		}
		for kind, status := range map[string]int{
			api.PatchType: 200, api.PatchType0: 200, "application/json": 415, "application/json-patch+json": 415, "": 415,
		} {
			body := `[{"op": "replace", "path": "/name", "value": "u"}]`
			if kind == api.PatchType0 {
				body = `[{"replace": "/name", "value": "u"}]`
			}
			if r := e.do("demo", "PATCH", "/v2/images/"+id, kind, body); r.status != status {
				e.t.Errorf("Content-Type %q: %d, want %d: %s", kind, r.status, status, r.body)
			}
		}
	})
}

func TestDeleteTagsAndDeactivation(t *testing.T) {
	both(t, func(e *edge) {
		id := e.create("demo", raw)
		path := "/v2/images/" + id
		e.want(204, e.do("demo", "PUT", path+"/tags/t%201", api.DataType, nil)) // as python-glanceclient sends it
		e.want(204, e.do("demo", "PUT", path+"/tags/t%201", "", nil))
		if diff := cmp.Diff([]any{"t 1"}, e.show("demo", id)["tags"]); diff != "" {
			e.t.Error(diff)
		}
		e.want(404, e.do("demo", "DELETE", path+"/tags/other", "", nil))
		e.want(204, e.do("demo", "DELETE", path+"/tags/t%201", "", nil))
		e.want(403, e.do("reader", "PUT", path+"/tags/x", "", nil))

		e.want(403, e.do("demo", "POST", path+"/actions/deactivate", "", nil)) // queued
		e.want(204, e.upload("demo", id, "x"))
		e.want(204, e.do("demo", "POST", path+"/actions/deactivate", api.DataType, nil))
		e.want(204, e.do("demo", "POST", path+"/actions/deactivate", "", nil))
		if got := e.show("demo", id)["status"]; got != "deactivated" {
			e.t.Errorf("status %v", got)
		}
		e.want(403, e.get("demo", path+"/file"))
		e.want(200, e.get("admin", path+"/file"))
		e.want(204, e.do("demo", "POST", path+"/actions/reactivate", "", nil))
		e.want(200, e.get("demo", path+"/file"))

		e.want(200, e.patch("demo", id, `[{"op": "replace", "path": "/protected", "value": true}]`))
		e.want(403, e.do("demo", "DELETE", path, "", nil))
		e.want(403, e.do("admin", "DELETE", path, "", nil))
		e.want(200, e.patch("demo", id, `[{"op": "replace", "path": "/protected", "value": false}]`))
		e.want(404, e.do("other", "DELETE", path, "", nil))
		e.want(204, e.do("admin", "DELETE", path, "", nil))
	})
}

// TestWhoMayDoWhat is every route on images of every visibility, by each kind
// of caller: what is not seen is 404, what is seen and not allowed 403.
func TestWhoMayDoWhat(t *testing.T) {
	routes := []struct{ method, path, kind, body string }{
		{"GET", "", "", ""},
		{"GET", "/file", "", ""},
		{"GET", "/members", "", ""},
		{"PATCH", "", api.PatchType, `[{"op": "replace", "path": "/name", "value": "n"}]`},
		{"PUT", "/tags/t", "", ""},
		{"DELETE", "/tags/t", "", ""},
		{"POST", "/members", "application/json", `{"member": "p-x"}`},
		{"POST", "/actions/deactivate", "", ""},
		{"POST", "/actions/reactivate", "", ""},
		{"PUT", "/file", api.DataType, "x"},
		{"DELETE", "", "", ""},
	}
	verdicts := map[string]map[string]string{ // visibility, caller: the status of each route
		"private": {
			"admin": "200 200 403 200 204 204 403 204 204 409 204", "demo": "200 200 403 200 204 204 403 204 204 409 204",
			"reader": "200 403 403 403 403 403 403 403 403 403 403",
			"other":  "404 404 404 404 404 404 404 404 404 404 404", "system": "404 404 404 404 404 404 404 404 404 404 404",
		},
		"shared": {
			"admin": "200 200 200 200 204 204 200 204 204 409 204", "demo": "200 200 200 200 204 204 200 204 204 409 204",
			"reader": "200 403 200 403 403 403 403 403 403 403 403",
			"other":  "404 404 404 404 404 404 404 404 404 404 404", "system": "404 404 404 404 404 404 404 404 404 404 404",
		},
		"community": {
			"demo":  "200 200 403 200 204 204 403 204 204 409 204",
			"other": "200 200 403 403 403 403 403 403 403 403 403", "system": "200 200 403 403 403 403 403 403 403 403 403",
		},
		"public": {
			"demo":  "200 200 403 200 204 204 403 204 204 409 204",
			"other": "200 200 403 403 403 403 403 403 403 403 403", "system": "200 200 403 403 403 403 403 403 403 403 403",
		},
	}
	both(t, func(e *edge) {
		for visibility, whos := range verdicts {
			for who, want := range whos {
				id := e.create("admin", fmt.Sprintf(`{"owner": "p-demo", "visibility": %q, "disk_format": "raw", "container_format": "bare"}`, visibility))
				e.want(204, e.upload("admin", id, "x"))
				var got []string
				for _, r := range routes {
					got = append(got, fmt.Sprint(e.do(who, r.method, "/v2/images/"+id+r.path, r.kind, r.body).status))
				}
				if got := strings.Join(got, " "); got != want {
					e.t.Errorf("%s image, %s:\n got %s\nwant %s", visibility, who, got, want)
				}
			}
		}
	})
}

func TestMembers(t *testing.T) {
	both(t, func(e *edge) {
		id := e.create("demo", raw)
		e.want(204, e.upload("demo", id, "x"))
		path := "/v2/images/" + id
		e.want(404, e.get("other", path))
		m := e.want(200, e.do("demo", "POST", path+"/members", "application/json", `{"member": "p-other"}`)).json(e.t)
		if m["member_id"] != "p-other" || m["image_id"] != id || m["status"] != "pending" || m["schema"] != "/v2/schemas/member" {
			e.t.Errorf("%v", m)
		}
		e.want(409, e.do("demo", "POST", path+"/members", "application/json", `{"member": "p-other"}`))
		e.want(400, e.do("demo", "POST", path+"/members", "application/json", `{"member": ""}`))
		e.want(200, e.do("demo", "POST", path+"/members", "application/json", `{"member": "p-third"}`))
		e.want(200, e.get("other", path))
		e.want(200, e.get("other", path+"/file"))
		if got := e.names("other", ""); got != "" {
			e.t.Errorf("listed before it was accepted: %s", got)
		}
		if got := e.names("other", "?member_status=pending&visibility=shared"); got != "one" {
			e.t.Errorf("pending: %q", got)
		}
		e.want(403, e.do("demo", "PUT", path+"/members/p-other", "application/json", `{"status": "accepted"}`))
		e.want(400, e.do("other", "PUT", path+"/members/p-other", "application/json", `{"status": "nope"}`))
		e.want(404, e.do("other", "PUT", path+"/members/p-third", "application/json", `{"status": "accepted"}`))
		e.want(200, e.do("other", "PUT", path+"/members/p-other", "application/json", `{"status": "accepted"}`))
		if got := e.names("other", ""); got != "one" {
			e.t.Errorf("accepted: %q", got)
		}
		if n := len(e.want(200, e.get("other", path+"/members")).json(e.t)["members"].([]any)); n != 1 {
			e.t.Errorf("a member sees %d members", n)
		}
		if n := len(e.want(200, e.get("demo", path+"/members")).json(e.t)["members"].([]any)); n != 2 {
			e.t.Errorf("the owner sees %d members", n)
		}
		e.want(403, e.patch("other", id, `[]`))
		e.want(403, e.do("other", "DELETE", path+"/members/p-other", "", nil))
		e.want(204, e.do("demo", "DELETE", path+"/members/p-other", "", nil))
		e.want(404, e.do("demo", "DELETE", path+"/members/p-other", "", nil))
		e.want(404, e.get("other", path))
		e.want(200, e.patch("demo", id, `[{"op": "replace", "path": "/visibility", "value": "private"}]`))
		e.want(404, e.get("other", path))
	})
}

func TestVersionsSchemasAndStyle(t *testing.T) {
	both(t, func(e *edge) {
		for path, status := range map[string]int{"": 300, "/": 300, "/versions": 200} {
			list := e.want(status, e.get("", path)).json(e.t)["versions"].([]any)
			first := list[0].(map[string]any)
			link := first["links"].([]any)[0].(map[string]any)["href"]
			if first["id"] != "v2.15" || first["status"] != "CURRENT" || link != e.url+"/v2/" {
				e.t.Errorf("%s: %v", path, first)
			}
		}
		for _, name := range []string{"image", "images", "member", "members"} {
			if got := e.want(200, e.get("demo", "/v2/schemas/"+name)).json(e.t)["name"]; got != name {
				e.t.Errorf("schema %s is named %v", name, got)
			}
		}
		e.want(404, e.get("demo", "/v2/schemas/nope"))
		e.want(401, e.get("", "/v2/schemas/image"))

		forms := []struct{ accept, kind, body string }{
			{"application/json", "application/json", `{"message":"No image found with ID <b><br /><br />\n\n\n","code":"404 Not Found","title":"Not Found"}`},
			{"*/*", "text/html; charset=UTF-8", "<h1>404 Not Found</h1>\n  No image found with ID &lt;b&gt;<br />"},
			{"text/plain", "text/plain; charset=UTF-8", "404 Not Found\n\nNo image found with ID <b>\n"},
		}
		for _, f := range forms {
			r := e.want(404, e.do("demo", "GET", "/v2/images/%3Cb%3E", "", nil, "Accept", f.accept))
			if r.header.Get("Content-Type") != f.kind || !strings.Contains(string(r.body), f.body) {
				e.t.Errorf("Accept %s: %s %s", f.accept, r.header.Get("Content-Type"), r.body)
			}
		}
		if got := e.want(401, e.get("", "/v2/images")).header.Get("WWW-Authenticate"); got != `Keystone uri="http://id/v3"` {
			e.t.Errorf("WWW-Authenticate: %s", got)
		}
		e.want(404, e.get("demo", "/v2/nothing"))
	})
}

func TestList(t *testing.T) {
	both(t, func(e *edge) {
		make := func(who, body, data string) string {
			id := e.create(who, body)
			if data != "" {
				e.want(204, e.upload(who, id, data))
			}
			return id
		}
		a := make("demo", `{"name": "a", "disk_format": "raw", "container_format": "bare", "tags": ["x", "y"], "os_distro": "debian"}`, "12345")
		b := make("demo", `{"name": "b,c", "visibility": "private", "protected": true, "tags": ["x"], "min_ram": 64}`, "")
		make("demo", `{"name": "hidden", "os_hidden": true}`, "")
		make("demo", `{"name": "mine", "visibility": "community"}`, "")
		make("other", `{"name": "theirs", "visibility": "community"}`, "")
		make("other", `{"name": "secret"}`, "")
		pub := make("admin", `{"name": "pub", "visibility": "public", "disk_format": "aki", "container_format": "aki"}`, "kernel 123")

		tests := []struct{ who, query, want string }{
			{"demo", "", "pub mine b,c a"},
			{"reader", "", "pub mine b,c a"},
			{"other", "", "pub secret theirs"},
			{"admin", "", "pub secret b,c a"},
			{"demo", "?visibility=all", "pub theirs mine b,c a"},
			{"demo", "?visibility=public", "pub"},
			{"demo", "?visibility=private", "b,c"},
			{"demo", "?visibility=shared", "a"},
			{"demo", "?visibility=community", "theirs mine"},
			{"demo", "?os_hidden=true", "hidden"},
			{"demo", "?protected=true", "b,c"},
			{"demo", "?status=active", "pub a"},
			{"demo", "?status=queued", "mine b,c"},
			{"demo", "?status=nope", ""},
			{"demo", "?name=a", "a"},
			{"demo", "?name=eq:a", "a"},
			{"demo", "?name=", ""},
			{"demo", `?name=in:%22b,c%22,a`, "b,c a"},
			{"demo", "?name=in:a,pub", "pub a"},
			{"demo", "?name=a&name=pub", "pub"},
			{"demo", "?id=" + a, "a"},
			{"demo", "?id=in:" + a + "," + pub, "pub a"},
			{"demo", "?owner=p-admin", "pub"},
			{"demo", "?owner=p-other", ""},
			{"demo", "?disk_format=in:aki,ari", "pub"},
			{"demo", "?container_format=bare", "a"},
			{"demo", "?size_min=5", "pub a"},
			{"demo", "?size_min=5&size_max=6", "a"},
			{"demo", "?size_max=-1", ""},
			{"demo", "?min_ram=64", "b,c"},
			{"demo", "?tag=x", "b,c a"},
			{"demo", "?tag=x&tag=y", "a"},
			{"demo", "?tag=nope", ""},
			{"demo", "?os_distro=debian", "a"},
			{"demo", "?os_distro=other", ""},
			{"demo", "?unknown=1", ""},
			{"demo", "?checksum=827ccb0eea8a706c4c34a16891f84e7b", "a"},
			{"demo", "?created_at=gt:2020-01-01T00:00:00Z", "pub mine b,c a"},
			{"demo", "?created_at=lte:2020-01-01T00:00:00Z", ""},
			{"demo", "?created_at=gte:2026-11-22T12:00:00Z&created_at=lt:2026-11-22T12:00:01Z", "pub mine b,c a"},
			{"demo", "?created_at=2026-11-22T12:00:00Z", "pub mine b,c a"},
			{"demo", "?updated_at=neq:2026-11-22T14:00:00%2B02:00", ""},
			{"demo", "?sort_key=name&sort_dir=asc", "a b,c mine pub"},
			{"demo", "?sort=name:asc", "a b,c mine pub"},
			{"demo", "?sort=size:desc,name:asc", "pub a b,c mine"},
			{"demo", "?sort_key=size&sort_key=name&sort_dir=desc&sort_dir=desc", "pub a mine b,c"},
			{"demo", "?limit=2", "pub mine"},
			{"demo", "?limit=2&marker=" + b, "a"},
			{"demo", "?limit=0", ""},
			{"demo", "?limit=100000", "pub mine b,c a"},
			{"demo", "?deleted=true", "pub mine b,c a"},
			{"demo", "?member_status=all", "pub mine b,c a"},
		}
		for _, test := range tests {
			if got := e.names(test.who, test.query); got != test.want {
				e.t.Errorf("%s %s: %q, want %q", test.who, test.query, got, test.want)
			}
		}
		e.want(403, e.get("system", "/v2/images"))
		for _, query := range []string{
			"limit=-1", "limit=x", "marker=nope", "marker=00000000-0000-0000-0000-000000000000", "visibility=nope", "sort_key=nope", "sort_dir=x",
			"sort=nope", "sort=name:x", "sort=name&sort_key=name", "size_min=x", "protected=x", "os_hidden=x", "member_status=nope",
			"created_at=x", "created_at=gt:x", "changes-since=x", "name=gt:x", "name=in:%22x", "min_ram=1e3", "updated_at=in:2020-01-01",
		} {
			e.want(400, e.get("demo", "/v2/images?"+query))
		}
		// A marker that the caller does not see says nothing about it.
		secret := e.want(200, e.get("other", "/v2/images?name=secret")).json(e.t)["images"].([]any)[0].(map[string]any)["id"].(string)
		e.want(400, e.get("demo", "/v2/images?marker="+secret))

		var walked []string
		for path := "/v2/images?limit=1&sort=name:desc"; path != ""; {
			page := e.want(200, e.get("demo", path)).json(e.t)
			if page["first"] != "/v2/images?limit=1&sort=name%3Adesc" || page["schema"] != "/v2/schemas/images" {
				e.t.Errorf("links: %v", page)
			}
			for _, i := range page["images"].([]any) {
				walked = append(walked, i.(map[string]any)["name"].(string))
			}
			path, _ = page["next"].(string)
		}
		if want := []string{"pub", "mine", "b,c", "a"}; !slices.Equal(walked, want) {
			e.t.Errorf("walked %q, want %q", walked, want)
		}
	})
}
