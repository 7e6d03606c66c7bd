package client

import (
	"context"
	"iter"
	"net/url"

	"github.com/novalet/novalet/api/wire"
)

// Paged is a list route together with how its pages hang together.
type Paged[In, Out, T any] struct {
	Route wire.Route[In, Out]
	Items func(*Out) []T
	Next  func(*Out) string           // URL of the next page; empty on the last
	From  func(in *In, marker string) // asks for what comes after marker
}

// onePage is a list that comes whole.
func onePage[In, Out, T any](route wire.Route[In, Out], items func(*Out) []T) Paged[In, Out, T] {
	return Paged[In, Out, T]{Route: route, Items: items, Next: func(*Out) string { return "" }}
}

// Each walks all items of a list, page by page; a limit in in is the size of a
// page. It ends after the first error.
func Each[In, Out, T any](ctx context.Context, s *Service, list Paged[In, Out, T], in In) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		seen := map[string]bool{}
		for {
			page, err := Do(ctx, s, list.Route, in)
			if err != nil {
				yield(none, err)
				return
			}
			items := list.Items(&page)
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			// Servers link to a next page when a page is full, even if nothing
			// is left; an empty page is the end in any case.
			next := list.Next(&page)
			if next == "" || len(items) == 0 {
				return
			}
			marker := markerOf(next)
			if marker == "" || seen[marker] {
				yield(none, &Failure{Class: BadReply, Message: "The " + s.Type + " service links from a page of " + list.Route.Name + " to the same page again: the list is not complete."})
				return
			}
			seen[marker] = true
			list.From(&in, marker)
		}
	}
}

// markerOf takes the marker out of the link to the next page. Links may name a
// host that is not reachable from here, so nothing else of them is used.
func markerOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return u.Query().Get("marker")
}

// nextOf finds the link to the next page.
func nextOf(links []wire.Link) string {
	for _, link := range links {
		if link.Rel == "next" {
			return link.Href
		}
	}
	return ""
}

// Collect gathers an iterator's items; it stops at the first error.
func Collect[T any](items iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for item, err := range items {
		if err != nil {
			return all, err
		}
		all = append(all, item)
	}
	return all, nil
}
