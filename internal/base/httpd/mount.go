package httpd

import (
	"io"

	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// Mount serves a route that concerns no existing thing, or that judges for
// itself: the route's policy rule is asked on the caller's own project before
// the handler.
func Mount[In, Out any](a *API, route wire.Route[In, Out], handle func(Ctx, In) (Out, error)) {
	info := route.Info()
	a.add(&mounted{info: info, serve: func(ctx Ctx, req *request) (*wire.Reply, error) {
		in, err := read(ctx, route, info, req)
		if err != nil {
			return nil, err
		}
		if route.Policy.Name != "" {
			if err := ctx.Authorize(route.Policy, ctx.Caller.OwnTarget()); err != nil {
				return nil, err
			}
		}
		return answer(ctx, route)(handle(ctx, in))
	}})
}

// MountGone serves a route that was removed: it answers 410 at every version.
func MountGone(a *API, route wire.Endpoint) { a.add(&mounted{info: route.Info()}) }

// MountUnserved answers for the routes of a contract that nothing has been mounted for: a request is checked and
// judged like any other, and then refused with 501 and the route's name, so that a client can tell what this cloud
// does not do from what it got wrong.
func MountUnserved(a *API, routes []wire.Endpoint) (unserved []wire.Endpoint) {
	served := map[string]bool{}
	for _, e := range a.entries {
		for _, m := range e.routes {
			served[m.info.Name] = true
		}
	}
	for _, route := range routes {
		info := route.Info()
		if served[info.Name] {
			continue
		}
		unserved = append(unserved, route)
		a.add(&mounted{info: info, serve: func(ctx Ctx, req *request) (*wire.Reply, error) {
			if err := route.CheckCall(ctx.Version, req.path, ctx.URL.Query(), req.http.Header, req.body); err != nil {
				return nil, badBody(err)
			}
			if info.Policy.Name != "" {
				if err := ctx.Authorize(info.Policy, ctx.Caller.OwnTarget()); err != nil {
					return nil, err
				}
			}
			return nil, fault.New(fault.NotImplemented, "This cloud does not serve %s (%s %s) yet.", info.Name, info.Method, info.Path+action(info))
		}})
	}
	return unserved
}

func action(info wire.Info) string {
	if info.Action == "" {
		return ""
	}
	return " {" + info.Action + "}"
}

// Thing is something a route acts on: it says what policy is judged on.
type Thing interface{ PolicyTarget() cloud.Target }

// MountOn serves a route on an existing thing: load finds it (a thing of
// another project is fault.NotFound), then the route's policy rule is asked on
// it, then the handler gets it.
func MountOn[T Thing, In, Out any](a *API, route wire.Route[In, Out], load func(ctx Ctx, path func(name string) string) (T, error), handle func(Ctx, T, In) (Out, error)) {
	info := route.Info()
	a.add(&mounted{info: info, serve: func(ctx Ctx, req *request) (*wire.Reply, error) {
		in, err := read(ctx, route, info, req)
		if err != nil {
			return nil, err
		}
		thing, err := load(ctx, req.path)
		if err != nil {
			return nil, err
		}
		if route.Policy.Name != "" {
			if err := ctx.Authorize(route.Policy, thing.PolicyTarget()); err != nil {
				return nil, err
			}
		}
		return answer(ctx, route)(handle(ctx, thing, in))
	}})
}

func read[In, Out any](ctx Ctx, route wire.Route[In, Out], info wire.Info, req *request) (In, error) {
	var stream io.Reader
	if info.TakesStream() {
		stream = req.http.Body
	}
	in, err := route.ReadCall(ctx.Version, req.path, ctx.URL.Query(), req.http.Header, req.body, stream)
	if err != nil {
		return in, badBody(err)
	}
	return in, nil
}

func answer[In, Out any](ctx Ctx, route wire.Route[In, Out]) func(Out, error) (*wire.Reply, error) {
	return func(out Out, err error) (*wire.Reply, error) {
		if err != nil {
			return nil, err
		}
		return route.Reply(out, ctx.Version)
	}
}
