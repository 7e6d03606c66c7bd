// Package identity answers the Identity API (Keystone v3) and tells the other
// services who calls: it is the cloud's Authenticator. What a token is good
// for is looked up when it is used, so a change counts at once.
package identity

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/base/token"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// DefaultTokenLife is how long a token lives, as in Keystone.
const DefaultTokenLife = time.Hour

// Deps is what the service stands on.
type Deps struct {
	DB        *store.DB
	Keys      *token.Keys
	Passwords *token.Passwords
	TokenLife time.Duration // 0: DefaultTokenLife
	Log       *slog.Logger
	Now       func() time.Time
	NewID     func() string // a new UUID
	Random    io.Reader     // for audit ids
}

// Service answers the Identity API.
type Service struct {
	Deps
	sessions *sessions
	hashing  chan struct{} // a place for each password being checked or hashed
	check    func(hash string, password cloud.Secret) bool
}

// New returns the service.
func New(deps Deps) *Service {
	if deps.TokenLife == 0 {
		deps.TokenLife = DefaultTokenLife
	}
	return &Service{
		Deps: deps, sessions: newSessions(), check: deps.Passwords.Check,
		hashing: make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
}

// Handler serves the service at / (the list of versions) and below /v3. The
// Authenticator in cfg is the service itself.
func (s *Service) Handler(cfg httpd.Config) http.Handler {
	cfg.Auth = s
	v3 := httpd.New(cfg, "/v3", "/v3", Style())
	s.Mount(v3)
	root := httpd.New(cfg, "", "", Style())
	httpd.Mount(root, identity.ListVersions, listVersions)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "X-Auth-Token")
		if r.URL.Path == "/v3" || strings.HasPrefix(r.URL.Path, "/v3/") {
			v3.ServeHTTP(w, r)
			return
		}
		root.ServeHTTP(w, r)
	})
}

// Mount serves every route of the contract below /v3.
func (s *Service) Mount(api *httpd.API) {
	httpd.Mount(api, identity.ShowVersion, showVersion)
	s.mountTokens(api)
	s.mountDomains(api)
	s.mountProjects(api)
	s.mountUsers(api)
	s.mountRoles(api)
	s.mountAssignments(api)
	s.mountCatalog(api)
}

// on serves a route about a thing: load finds it, the route's policy rule is
// judged on its target, then the handler gets it. Who may not see a thing is
// not told either whether it exists: without one the rule is judged on an
// empty target.
func on[T, In, Out any](
	api *httpd.API, route wire.Route[In, Out],
	load func(httpd.Ctx, In) (T, error), target func(*T) cloud.Target, handle func(httpd.Ctx, T, In) (Out, error),
) {
	rule := route.Policy
	route.Policy = wire.Rule{} // judged here, because Mount knows no thing
	httpd.Mount(api, route, func(ctx httpd.Ctx, in In) (out Out, err error) {
		thing, missing := load(ctx, in)
		about := cloud.Target{}
		switch {
		case missing == nil:
			about = target(&thing)
		case !fault.Is(missing, fault.NotFound):
			return out, missing
		}
		if err := authorize(ctx, rule, about); err != nil {
			return out, err
		}
		if missing != nil {
			return out, missing
		}
		return handle(ctx, thing, in)
	})
}

// plain serves a route about nothing in particular; domain says which domain a
// request is about, for the rules that let the readers of a domain in.
func plain[In, Out any](api *httpd.API, route wire.Route[In, Out], domain func(httpd.Ctx, In) string, handle func(httpd.Ctx, In) (Out, error)) {
	on(api, route,
		func(ctx httpd.Ctx, in In) (string, error) { return domain(ctx, in), nil },
		func(domain *string) cloud.Target {
			if *domain == "" {
				return cloud.Target{}
			}
			return cloud.Target{"target.domain_id": *domain}
		},
		func(ctx httpd.Ctx, _ string, in In) (Out, error) { return handle(ctx, in) })
}

// noDomain is for the routes that no domain matters to.
func noDomain[In any](httpd.Ctx, In) string { return "" }

// authorize judges a rule and refuses in Keystone's words.
func authorize(ctx httpd.Ctx, rule wire.Rule, target cloud.Target) error {
	err := ctx.Authorize(rule, target)
	if fault.Is(err, fault.Forbidden) {
		return fault.New(fault.Forbidden, "You are not authorized to perform the requested action: %s.", rule.Name)
	}
	return err
}

// change runs f in a transaction that all processes take as a reason to look
// tokens up anew. Changes run one after the other: the counter is taken first,
// so what f reads stays as it is until the end.
func (s *Service) change(ctx context.Context, f func(tx *store.Tx) error) error {
	defer s.sessions.forget() // after an error too: a commit may have been made and its answer lost
	return s.DB.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.CountIdentityChange(ctx); err != nil {
			return err
		}
		return f(tx)
	})
}

// revoke ends the tokens of a thing that were made up to now.
func (s *Service) revoke(ctx context.Context, tx *store.Tx, kind cloud.RevokedKind, id string) error {
	now := s.Now()
	return tx.Revoke(ctx, cloud.Revocation{Kind: kind, ID: id, Before: now, ExpiresAt: now.Add(s.TokenLife + time.Minute)}, now)
}

// newID is an id as Keystone makes them: a UUID without hyphens.
func (s *Service) newID() string { return strings.ReplaceAll(s.NewID(), "-", "") }

// self is the links member of a resource.
func self(ctx httpd.Ctx, path string) identity.Self { return identity.Self{Self: ctx.Self(path)} }

// page is the links member of a collection: the URL as it was asked for.
func page(ctx httpd.Ctx) identity.Page {
	url := ctx.Self(ctx.URL.Path)
	if ctx.URL.RawQuery != "" {
		url += "?" + ctx.URL.RawQuery
	}
	return identity.Page{Self: url}
}

// views is view of every item.
func views[A, B any](items []A, view func(*A) B) []B {
	out := make([]B, len(items))
	for i := range items {
		out[i] = view(&items[i])
	}
	return out
}

// flag reads a query parameter that filters by a boolean; one without a value
// is true.
func flag(name string, asked wire.Opt[string]) (*bool, error) {
	text, there := asked.Get()
	if !there {
		return nil, nil
	}
	value, ok := wire.LooseBool(text)
	if !ok && text != "" {
		return nil, fault.New(fault.BadRequest, "Invalid filter %s=%.40s: use true or false.", name, text)
	}
	value = value || text == ""
	return &value, nil
}

// set takes what a request says about a member into a value, and notes that
// there was something.
func set[T any](into *T, asked wire.Opt[T], any *bool) {
	if asked.Set {
		*any = true
		*into = asked.Or(*new(T))
	}
}

// setPtr is set for a member that can be null.
func setPtr[T any](into **T, asked wire.Opt[T], any *bool) {
	if asked.Set {
		*any = true
		*into = asked.Ptr()
	}
}

// setImmutable takes the options of a change to something whose immutable flag
// is now *into. While it is true nothing else can change.
func setImmutable(into **bool, asked wire.Opt[identity.Immutable], any *bool, kind, id string) error {
	options, there := asked.Get()
	locked := *into != nil && **into
	if there {
		*any = true
		if options.Immutable.Set {
			*into = options.Immutable.Ptr()
			locked = locked && *into != nil && **into
		}
	}
	if locked {
		return fault.New(fault.Forbidden, "The %s %s is immutable. Set its option \"immutable\" to false first.", kind, id)
	}
	return nil
}

// mutable refuses the deletion of what is immutable.
func mutable(immutable *bool, kind, id string) error {
	if immutable != nil && *immutable {
		return fault.New(fault.Forbidden, "The %s %s is immutable. Set its option \"immutable\" to false first.", kind, id)
	}
	return nil
}

func nothingToChange(kind string) error {
	return fault.New(fault.BadRequest, "Invalid input for field %s: there is nothing in it to change.", kind)
}

func options(immutable *bool) (view identity.Immutable) {
	if immutable != nil {
		view.Immutable = wire.Some(*immutable)
	}
	return view
}
