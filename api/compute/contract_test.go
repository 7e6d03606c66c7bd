package compute

import (
	"fmt"
	"net/http"
	"reflect"
	"testing"

	"github.com/novalet/novalet/api/wire"
)

// TestRoutesAreWellFormed compiles every route's input and output at every
// version: tags that contradict each other panic here first.
func TestRoutesAreWellFormed(t *testing.T) {
	names := map[string]bool{}
	at := map[string]wire.Span{}
	mux := http.NewServeMux()
	patterns := map[string]bool{}
	for _, endpoint := range Routes() {
		info := endpoint.Info()
		if names[info.Name] {
			t.Errorf("two routes are called %s", info.Name)
		}
		names[info.Name] = true
		key := fmt.Sprint(info.Method, info.Path, info.Action, info.Span)
		if _, ok := at[key]; ok {
			t.Errorf("two routes at %s", key)
		}
		at[key] = info.Span
		pattern := info.Method + " " + info.Path
		if info.Path == "/" {
			pattern += "{$}"
		}
		if !patterns[pattern] {
			mux.Handle(pattern, http.NotFoundHandler())
			patterns[pattern] = true
		}
		for minor := MinVersion.Minor; minor <= MaxVersion.Minor; minor++ {
			v := wire.V(2, minor)
			if !info.Span.Has(v) {
				continue
			}
			if code := info.Status.At(v); code < 200 || code > 299 {
				t.Errorf("%s at %s answers %d", info.Name, v, code)
			}
			if _, err := wire.Encode(nil, reflect.New(info.Out).Elem().Interface(), v); err != nil {
				t.Errorf("%s at %s: %v", info.Name, v, err)
			}
			info.TakesBody(v)
		}
	}
}
