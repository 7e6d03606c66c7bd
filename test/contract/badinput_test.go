package contract

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/novalet/novalet/api/wire"
)

var parameter = regexp.MustCompile(`\{[a-z_]+\}`)

// nowhere is the path of a route on things that do not exist.
func nowhere(path string) string { return parameter.ReplaceAllString(path, "nope") }

// refused fails the test unless the reply is a refusal that says why, and names
// the field when there is one.
func refused(t *testing.T, what string, r reply, field string) {
	t.Helper()
	switch message := r.message(); {
	case r.status < 400 || r.status > 499:
		t.Errorf("%s: %d %.300s", what, r.status, r.body)
	case message == "":
		t.Errorf("%s: %d says nothing: %.300s", what, r.status, r.body)
	case field != "" && !strings.Contains(message, field):
		t.Errorf("%s: %q does not name %s", what, message, field)
	}
}

// unserved tells whether a reply says only that the cloud does not do this.
func (r reply) unserved() bool {
	return r.status == http.StatusNotImplemented && strings.Contains(r.message(), "does not serve")
}

// badBodies are no JSON, or JSON that is no body of any route.
var badBodies = map[string]string{
	"not JSON": "{x", "half": `{"server":{"name":"`, "empty": "", "blank": " \n ", "array": "[]", "string": `"x"`, "number": "7", "true": "true",
	"garbage behind": "{} x", "two values": "{}{}", "unknown member": `{"nope":1}`, "BOM": "\ufeff{}",
	"NaN": `{"a":NaN}`, "NUL": "\x00", "NUL inside": "{\"a\":\"\x00\"}", "invalid UTF-8": "{\"a\":\"\xff\xfe\"}", "lone surrogate": `{"\ud800":1}`,
	"deep array": strings.Repeat("[", 50000), "deep object": strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20000),
	"huge number": `{"a":` + strings.Repeat("9", 100000) + `}`, "huge exponent": `{"a":1e999999999}`,
	"1 MB": `{"a":"` + strings.Repeat("x", 1<<20) + `"}`, "single quotes": `{'a':1}`, "comment": `{/**/}`, "XML": "<server/>",
}

func TestBadBodies(t *testing.T) {
	w := newWorld(t)
	before := w.rows()
	for _, a := range apis {
		for _, e := range a.routes {
			info := e.Info()
			v := a.versions[len(a.versions)-1]
			if !info.Span.Has(v) || info.TakesStream() || !info.TakesBody(v) {
				continue
			}
			for name, body := range badBodies {
				what := fmt.Sprintf("%s with %s", info.Name, name)
				r := w.do("admin", info.Method, a.prefix+a.url(nowhere(info.Path)), body, at(v), header("Content-Type", contentType(info)))
				refused(t, what, r, "")
			}
		}
		w.unchanged(before, "bad bodies of "+a.name)
	}
}

func contentType(info wire.Info) string {
	if info.Method == "PATCH" && strings.HasPrefix(info.Name, "images.") {
		return "application/openstack-images-v2.1-json-patch"
	}
	return "application/json"
}

// TestWrongTypes puts a value of every wrong type into every member that the
// published schema of every route has, and a member that it has not into every
// object.
func TestWrongTypes(t *testing.T) {
	w := newWorld(t)
	before := w.rows()
	tried := 0
	for _, a := range apis {
		for _, v := range a.versions {
			document := plain(t, wire.OpenAPI(a.name, v, a.routes))
			paths, _ := document["paths"].(map[string]any)
			for path, methods := range paths {
				for method, operation := range methods.(map[string]any) {
					schema := dig(operation, "requestBody", "content", "application/json", "schema")
					if schema == nil {
						continue
					}
					info := wire.Info{Method: strings.ToUpper(method)}
					kind := header("Content-Type", contentType(info))
					wrongs(schema.(map[string]any), "", func(body, field string) {
						tried++
						what := fmt.Sprintf("%s %s at %s with %s", method, path, v, body)
						r := w.do("admin", info.Method, a.prefix+a.url(nowhere(path)), body, at(v), kind)
						refused(t, what, r, lastName(field))
					}, func(inner string) string { return inner })
				}
			}
		}
		w.unchanged(before, "wrong types in "+a.name)
	}
	if tried < 2000 {
		t.Errorf("only %d bodies were tried", tried)
	}
}

// plain is a schema as a reader of its JSON has it.
func plain(t *testing.T, s wire.Schema) map[string]any {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func dig(x any, path ...string) any {
	for _, name := range path {
		m, _ := x.(map[string]any)
		x = m[name]
	}
	return x
}

func lastName(field string) string { return field[strings.LastIndexByte(field, '.')+1:] }

// samples are values of each type that no rule of the contract takes.
var samples = map[string]string{
	"object": `{"\u0000":[[]]}`, "array": `[[[{}]]]`, "string": `"\u0000"`, "number": `-1.5e300`, "boolean": `true`, "null": `null`,
}

// wrongs calls add with bodies that hold one wrong value. wrap puts a value
// where the schema stands.
func wrongs(schema map[string]any, field string, add func(body, field string), wrap func(string) string) {
	types, known := typesOf(schema)
	if !known {
		return // takes anything
	}
	for kind, sample := range samples {
		if !slices.Contains(types, kind) && !(kind == "number" && slices.Contains(types, "integer")) {
			add(wrap(sample), field)
		}
	}
	for _, word := range []string{"anyOf", "oneOf"} {
		alternatives, _ := schema[word].([]any)
		for _, alternative := range alternatives {
			if a, ok := alternative.(map[string]any); ok && dig(a, "properties") != nil {
				members(a, field, add, wrap)
			}
		}
	}
	members(schema, field, add, wrap)
}

func members(schema map[string]any, field string, add func(body, field string), wrap func(string) string) {
	properties, _ := schema["properties"].(map[string]any)
	for name, member := range properties {
		if m, ok := member.(map[string]any); ok {
			key, _ := json.Marshal(name)
			wrongs(m, strings.TrimPrefix(field+"."+name, "."), add, func(inner string) string { return wrap("{" + string(key) + ":" + inner + "}") })
		}
	}
	if schema["additionalProperties"] == false {
		add(wrap(`{"surprise":1}`), "surprise")
	}
	if items, ok := schema["items"].(map[string]any); ok {
		wrongs(items, field, add, func(inner string) string { return wrap("[" + inner + "]") })
	}
}

// typesOf lists the types that a schema takes; known is false for one that
// says nothing of types.
func typesOf(schema map[string]any) (types []string, known bool) {
	switch t := schema["type"].(type) {
	case string:
		return []string{t}, true
	case []any:
		for _, one := range t {
			types = append(types, one.(string))
		}
		return types, true
	}
	values, _ := schema["enum"].([]any)
	if c, ok := schema["const"]; ok {
		values = append(values, c)
	}
	for _, value := range values {
		switch value.(type) {
		case string:
			types = append(types, "string")
		case bool:
			types = append(types, "boolean")
		case nil:
			types = append(types, "null")
		default:
			types = append(types, "number")
		}
	}
	known = len(values) > 0
	for _, word := range []string{"anyOf", "oneOf"} {
		alternatives, _ := schema[word].([]any)
		for _, alternative := range alternatives {
			more, ok := typesOf(alternative.(map[string]any))
			if !ok {
				return nil, false
			}
			types, known = append(types, more...), true
		}
	}
	return types, known
}

// badIDs are names of things that lead elsewhere, or nowhere.
var badIDs = []string{
	"..%2f..%2f..%2fetc%2fpasswd", "%2e%2e", "%2e", "%00", "%0a", "%ff%fe", "%27%20OR%201=1%20--", "%25s%25n", "*", "%5c..%5c",
	"%E2%80%AE", "%F0%9F%98%80", strings.Repeat("a", 4000), "-1", "9999999999999999999999", "null", "%7B%7D", "%20", "%3Cscript%3E",
}

func TestBadIDs(t *testing.T) {
	w := newWorld(t)
	before := w.rows()
	for _, a := range apis {
		v := a.versions[len(a.versions)-1]
		for _, e := range a.routes {
			info := e.Info()
			if !strings.Contains(info.Path, "{") || !info.Span.Has(v) {
				continue
			}
			body := ""
			if info.Action != "" {
				body = fmt.Sprintf(`{%q:null}`, info.Action)
			}
			for _, id := range badIDs {
				path := parameter.ReplaceAllString(info.Path, id)
				what := fmt.Sprintf("%s of %.60s", info.Name, id)
				r := w.do("admin", info.Method, a.prefix+a.url(path), body, at(v))
				if info.Method == http.MethodHead {
					if r.status < 400 || r.status > 499 {
						t.Errorf("%s: %d", what, r.status)
					}
					continue
				}
				if r.status == http.StatusOK && strings.HasPrefix(info.Name, "quotas.") || strings.HasPrefix(info.Name, "hypervisors.search") {
					continue
				}
				if (r.status < 400 || r.status > 499) && !r.unserved() {
					t.Errorf("%s: %d %.300s", what, r.status, r.body)
				}
			}
		}
		w.unchanged(before, "bad ids in "+a.name)
	}
}

// TestBadQueries gives every list parameters that it has not, and values that
// its own cannot have.
func TestBadQueries(t *testing.T) {
	w := newWorld(t)
	fill := w.things()
	before := w.rows()
	hostile := []string{"%00", "%ff", "[", "(", "*", "%27", "-1", "x", "99999999999999999999", "", "%F0%9F%98%80", strings.Repeat("z", 3000), "2020-13-45", "a&limit=1&limit=x"}
	for _, a := range apis {
		for _, v := range a.versions {
			document := plain(t, wire.OpenAPI(a.name, v, a.routes))
			paths, _ := document["paths"].(map[string]any)
			for path, methods := range paths {
				operation, reads := methods.(map[string]any)["get"]
				if !reads {
					continue
				}
				target := a.prefix + a.url(path)
				if a.name == "compute" {
					target = a.prefix + fill(path, v)
				} else if strings.Contains(path, "{") {
					continue
				}
				parameters, _ := dig(operation, "parameters").([]any)
				for _, p := range parameters {
					if dig(p, "in") != "query" {
						continue
					}
					name := dig(p, "name").(string)
					for _, value := range hostile {
						r := w.do("admin", "GET", target+"?"+name+"="+value, "", at(v))
						if r.status >= 500 && !r.unserved() || r.status == 0 {
							t.Errorf("%s?%s=%.60s at %s: %d %.300s", target, name, value, v, r.status, r.body)
						}
						if name == "limit" && (value == "x" || value == "-1") && r.status < 400 {
							t.Errorf("%s?limit=%s at %s: %d", target, value, v, r.status)
						}
					}
				}
			}
		}
	}
	for _, e := range apis[0].routes {
		info := e.Info()
		v := apis[0].versions[3]
		if info.Method != "GET" || !info.Span.Has(v) || info.DropsQuery(v) {
			continue
		}
		refused(t, info.Name+"?surprise", w.do("admin", "GET", "/compute/v2.1"+fill(info.Path, v)+"?surprise=1", "", at(v)), "surprise")
	}
	w.unchanged(before, "bad queries")
}
