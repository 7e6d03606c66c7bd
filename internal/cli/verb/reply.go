package verb

import (
	"context"
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
	list, ok := Member(body, key).([]any)
	if !ok {
		return nil, lacks(s, route.Name, key)
	}
	return objects(list), nil
}

// AskPages calls a list route for one page after the other and returns the objects of all.
func AskPages[In, Out any](ctx context.Context, s *client.Service, route wire.Route[In, Out], in In, key string, from func(in *In, marker string)) ([]out.Object, error) {
	var all []out.Object
	for {
		body, err := Ask(ctx, s, route, in)
		if err != nil {
			return nil, err
		}
		page := Objects(body, key)
		all = append(all, page...)
		more := slices.ContainsFunc(Objects(body, key+"_links"), func(link out.Object) bool { return Text(link, "rel") == "next" })
		if !more || len(page) == 0 {
			return all, nil
		}
		from(&in, Text(page[len(page)-1], "id"))
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
