package compute

import (
	"net/url"

	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
)

// maxLimit is the longest page, and the page of a request without a limit.
const maxLimit = 1000

// pageLimit is how many items a page holds: what was asked for, at most
// maxLimit.
func pageLimit(asked wire.Opt[int]) int { return min(asked.Or(maxLimit), maxLimit) }

// nextLinks is the link to the next page, present when this one is full
// (spec/nova-errors.md section 7). path is the list's; last is the marker.
func nextLinks(ctx httpd.Ctx, path string, items, limit int, last func() string) []wire.Link {
	if items == 0 || items < limit {
		return nil
	}
	query := url.Values{}
	for name, values := range ctx.URL.Query() {
		query[name] = values
	}
	query.Set("marker", last())
	return []wire.Link{{Rel: "next", Href: ctx.Self(path) + "?" + query.Encode()}}
}

// mapSlice is f of every item.
func mapSlice[A, B any](items []A, f func(*A) B) []B {
	out := make([]B, len(items))
	for i := range items {
		out[i] = f(&items[i])
	}
	return out
}
