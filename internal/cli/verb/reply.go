package verb

import (
	"context"
	"iter"
	"slices"

	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/out"
)

// reply is the JSON object of a reply as it came.
type reply struct {
	Body out.Object `body:"json"`
}

// Ask calls a route and returns the reply's JSON object as it came.
func Ask[In, Out any](ctx context.Context, s *client.Service, route wire.Route[In, Out], in In) (out.Object, error) {
	got, err := client.Do(ctx, s, wire.Route[In, reply](route), in)
	return got.Body, err
}

// AskFor calls a route and returns the object that is the member key of the reply.
func AskFor[In, Out any](ctx context.Context, s *client.Service, route wire.Route[In, Out], in In, key string) (out.Object, error) {
	body, err := Ask(ctx, s, route, in)
	if err != nil {
		return nil, err
	}
	object, ok := Member(body, key).(out.Object)
	if !ok {
		return nil, lacks(s, route.Name, key)
	}
	return object, nil
}

// AskAll calls a route and returns the objects in the list that is the member key of the reply: one page.
func AskAll[In, Out any](ctx context.Context, s *client.Service, route wire.Route[In, Out], in In, key string) ([]out.Object, error) {
	body, err := Ask(ctx, s, route, in)
	if err != nil {
		return nil, err
	}
	return listIn(body, s, route.Name, key)
}

// listIn is the list of objects that is the member key of a route's reply.
func listIn(body out.Object, s *client.Service, route, key string) ([]out.Object, error) {
	list, ok := Member(body, key).([]any)
	if !ok {
		return nil, lacks(s, route, key)
	}
	items := objects(list)
	if len(items) != len(list) {
		return nil, &client.Failure{
			Class:   client.BadReply,
			Message: "The " + key + " in the reply to " + route + " are no objects: check that the URL of the " + s.Type + " service is right.",
		}
	}
	return items, nil
}

// AskPages calls a list route for one page after the other and returns the objects of all.
func AskPages[In, Out any](ctx context.Context, s *client.Service, route wire.Route[In, Out], in In, key string, from func(in *In, marker string)) ([]out.Object, error) {
	return client.Collect(AskEach(ctx, s, route, in, key, from))
}

// AskEach yields the objects of a list route's pages as they come. It asks for the next page, behind a marker that from
// puts into the question, when all of a page were taken and the reply says that there is more. A nil from is one page.
func AskEach[In, Out any](ctx context.Context, s *client.Service, route wire.Route[In, Out], in In, key string, from func(in *In, marker string)) iter.Seq2[out.Object, error] {
	return func(yield func(out.Object, error) bool) {
		last := ""
		for {
			body, err := Ask(ctx, s, route, in)
			if err != nil {
				yield(nil, err)
				return
			}
			items, err := listIn(body, s, route.Name, key)
			if err != nil {
				yield(nil, err)
				return
			}
			marker := ""
			for _, item := range items {
				marker = Text(item, "id") // before the caller changes it
				if !yield(item, nil) {
					return
				}
			}
			more := slices.ContainsFunc(Objects(body, key+"_links"), func(link out.Object) bool { return Text(link, "rel") == "next" })
			if !more || marker == "" || from == nil {
				return
			}
			if marker == last {
				yield(nil, &client.Failure{Class: client.BadReply, Message: "The " + s.Type + " service answers " + route.Name + " with the same page again and again: the list is not complete."})
				return
			}
			last = marker
			from(&in, marker)
		}
	}
}

// Items is an iterator over objects at hand.
func Items(items []out.Object) iter.Seq2[out.Object, error] {
	return func(yield func(out.Object, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

func objects(list []any) []out.Object {
	items := make([]out.Object, 0, len(list))
	for _, item := range list {
		if object, ok := item.(out.Object); ok {
			items = append(items, object)
		}
	}
	return items
}

func lacks(s *client.Service, route, key string) error {
	return &client.Failure{
		Class:   client.BadReply,
		Message: "The reply to " + route + " has no " + key + ": check that the URL of the " + s.Type + " service is right.",
	}
}

// Member is a member of an object; nil when it is null or not there.
func Member(o out.Object, key string) any {
	value, _ := o.Get(key)
	return value
}

// Text is a member as text; empty when it is null or not there.
func Text(o out.Object, key string) string {
	value := Member(o, key)
	if value == nil {
		return ""
	}
	return out.Text(value)
}

// Objects are the objects in the list that a member is.
func Objects(o out.Object, key string) []out.Object {
	list, _ := Member(o, key).([]any)
	return objects(list)
}

// Set puts a member in place of one of that name, or at the end.
func Set(o *out.Object, key string, value any) {
	for i := range *o {
		if (*o)[i].Key == key {
			(*o)[i].Value = value
			return
		}
	}
	*o = append(*o, out.Member{Key: key, Value: value})
}

// Remove takes members out.
func Remove(o *out.Object, keys ...string) {
	kept := make(out.Object, 0, len(*o))
	for _, m := range *o {
		found := false
		for _, key := range keys {
			found = found || m.Key == key
		}
		if !found {
			kept = append(kept, m)
		}
	}
	*o = kept
}
