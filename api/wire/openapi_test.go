package wire_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A small API that has one of everything a document can show.
type (
	boxQuery struct {
		Limit wire.Opt[int] `query:"limit" is:"min=0"`
		Tag   []string      `query:"tag" v:"2.4"`
	}
	box struct {
		ID     string    `json:"id"`
		Note   *string   `json:"note" v:"2.3"`
		Packed wire.Time `json:"packed"`
	}
	boxes struct {
		Boxes []box `json:"boxes"`
	}
	boxNew struct {
		Owner string `header:"X-Owner"`
		Box   struct {
			Name  string            `json:"name" is:"required,min=1,max=8,name"`
			Size  int               `json:"size" is:"loose,min=1"`
			Color wire.Opt[string]  `json:"color" is:"null,enum=red|blue"`
			Marks map[string]string `json:"marks" is:"keymax=3,valmax=5"`
		} `json:"box" is:"required"`
	}
	boxMade struct {
		Location string `header:"Location"`
	}
	boxID struct {
		ID string `path:"box_id"`
	}
	boxSend struct {
		ID string `path:"box_id"`
		To string `json:"to" is:"required,hostname"`
	}
)

func boxRoutes() []wire.Endpoint {
	return []wire.Endpoint{
		wire.Route[boxQuery, boxes]{Name: "boxes.list", Method: "GET", Path: "/boxes", Status: "200", Policy: wire.Rule{Name: "boxes:list", Default: "@"}},
		wire.Route[boxNew, boxMade]{Name: "boxes.create", Method: "POST", Path: "/boxes", Status: "2.1:200 2.2:201"},
		wire.Route[boxID, box]{Name: "boxes.show", Method: "GET", Path: "/boxes/{box_id}", Status: "200", Public: true},
		wire.Route[boxID, wire.None]{Name: "boxes.open", Method: "POST", Path: "/boxes/{box_id}/action", Action: "open", Status: "202"},
		wire.Route[boxSend, wire.None]{Name: "boxes.send", Method: "POST", Path: "/boxes/{box_id}/action", Action: "send", Status: "204", Span: "2.3"},
		wire.Route[boxID, wire.None]{Name: "boxes.burn", Method: "DELETE", Path: "/boxes/{box_id}", Status: "204", Span: "-2.2"},
		wire.Route[boxID, wire.None]{Name: "boxes.lost", Method: "GET", Path: "/boxes/{box_id}/lost", Gone: true},
	}
}

// TestOpenAPIGolden shows a small API's whole document at two versions.
func TestOpenAPIGolden(t *testing.T) {
	for _, v := range []wire.Version{wire.V(2, 1), wire.V(2, 4)} {
		got, err := json.MarshalIndent(wire.OpenAPI("Boxes", v, boxRoutes()), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("testdata/boxes-%v.json", v)
		if *update {
			if err := os.WriteFile(name, append(got, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
			t.Errorf("at %v (go test -update ./api/wire writes it anew, then look at the difference):\n%s", v, diff)
		}
	}
}

// TestOpenAPIHasEveryRouteOnce holds each document against the table it is
// made from, at every version.
func TestOpenAPIHasEveryRouteOnce(t *testing.T) {
	for _, api := range apis {
		versions := api.versions
		if api.name == "compute" {
			versions = nil
			for minor := compute.MinVersion.Minor; minor <= compute.MaxVersion.Minor; minor++ {
				versions = append(versions, wire.V(2, minor))
			}
		}
		for _, v := range versions {
			var want []string
			for _, e := range api.routes {
				if info := e.Info(); info.Span.Has(v) && !info.Gone {
					want = append(want, info.Name)
				}
			}
			got := operations(t, api.name, v, wire.OpenAPI(api.name, v, api.routes))
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s at %v:\n%s", api.name, v, diff)
			}
		}
	}
}

// operations checks the structure of a document and lists the routes in it.
func operations(t *testing.T, name string, v wire.Version, document wire.Schema) []string {
	t.Helper()
	for _, problem := range malformed(plain(t, document)) {
		t.Errorf("%s at %v: %s", name, v, problem)
	}
	var names []string
	for _, methods := range document["paths"].(map[string]wire.Schema) {
		for _, operation := range methods {
			names = append(names, strings.Split(operation.(wire.Schema)["operationId"].(string), ",")...)
		}
	}
	return names
}

var (
	inBraces = regexp.MustCompile(`\{([a-z0-9_]+)\}`)
	aStatus  = regexp.MustCompile(`^[1-5][0-9][0-9]$`)
)

// malformed lists how a document breaks the rules of OpenAPI 3.1: members that
// must be there, parameters that are those of the path, an id once, responses
// by status.
func malformed(document map[string]any) []string {
	var problems []string
	fail := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if version, _ := document["openapi"].(string); !strings.HasPrefix(version, "3.1.") {
		fail("openapi is %q", version)
	}
	info, _ := document["info"].(map[string]any)
	if info["title"] == nil || info["version"] == nil {
		fail("info lacks its title or version")
	}
	ids := map[any]bool{}
	paths, _ := document["paths"].(map[string]any)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if !strings.HasPrefix(path, "/") {
			fail("path %q does not begin with /", path)
		}
		for method, value := range paths[path].(map[string]any) {
			operation := value.(map[string]any)
			where := method + " " + path
			if !slices.Contains([]string{"get", "put", "post", "delete", "head", "patch", "options"}, method) {
				fail("%s: no such method", where)
			}
			if id := operation["operationId"]; id == nil || ids[id] {
				fail("%s: operationId %v is missing or there twice", where, id)
			} else {
				ids[id] = true
			}
			responses, _ := operation["responses"].(map[string]any)
			if len(responses) == 0 {
				fail("%s: no responses", where)
			}
			for status, response := range responses {
				if !aStatus.MatchString(status) || response.(map[string]any)["description"] == nil {
					fail("%s: response %q", where, status)
				}
			}
			var inPath []string
			parameters, _ := operation["parameters"].([]any)
			for _, p := range parameters {
				p := p.(map[string]any)
				if p["schema"] == nil {
					fail("%s: parameter %v has no schema", where, p["name"])
				}
				if p["in"] == "path" {
					inPath = append(inPath, p["name"].(string))
					if p["required"] != true {
						fail("%s: path parameter %v is not required", where, p["name"])
					}
				}
			}
			for _, m := range inBraces.FindAllStringSubmatch(path, -1) {
				if !slices.Contains(inPath, m[1]) {
					fail("%s: path parameter %s is not described", where, m[1])
				}
			}
			if len(inPath) > strings.Count(path, "{") {
				fail("%s: parameters %v are not all in the path", where, inPath)
			}
		}
	}
	return problems
}

func TestOpenAPIRulesCanFail(t *testing.T) {
	document := func(change func(operation map[string]any)) map[string]any {
		d := plain(t, wire.OpenAPI("Boxes", wire.V(2, 4), boxRoutes()))
		change(d["paths"].(map[string]any)["/boxes/{box_id}"].(map[string]any)["get"].(map[string]any))
		return d
	}
	for what, change := range map[string]func(map[string]any){
		"no id":            func(o map[string]any) { delete(o, "operationId") },
		"an id twice":      func(o map[string]any) { o["operationId"] = "boxes.list" },
		"no responses":     func(o map[string]any) { o["responses"] = map[string]any{} },
		"a bad status":     func(o map[string]any) { o["responses"] = map[string]any{"0": map[string]any{"description": "x"}} },
		"a hidden segment": func(o map[string]any) { delete(o, "parameters") },
	} {
		if got := malformed(document(change)); len(got) != 1 {
			t.Errorf("%s: %v", what, got)
		}
	}
	if got := malformed(document(func(map[string]any) {})); len(got) != 0 {
		t.Error(got)
	}
}
