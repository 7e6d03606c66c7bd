package identity

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/novalet/novalet/api/wire"
)

// link is a token in a chain with what its making must hold to.
type link struct {
	text    string
	root    string // audit id of the first of its chain
	end     string // expires_at of the first
	revoked bool
}

// TestChains walks chains of tokens made from tokens: none outlives the first,
// none has a role that the user does not have there, each names the first in
// its audit ids, and once the password has changed all are dead, also those
// made in the same second.
func TestChains(t *testing.T) {
	c := bootCloud(t)
	scopes := map[string][]string{ // what each scope may give, nil when it is refused
		"": {"member", "reader"}, unscoped: nil, onProject("demo"): {"member", "reader"},
		onProject("admin"): nil, onDefault: {"reader"}, onSystem: nil,
	}
	granted := []string{"", unscoped, onProject("demo"), onDefault}
	admin, demo := c.admin(), c.id("users", "demo")
	c.must(204, "PUT", "/v3/domains/default/users/"+demo+"/roles/"+c.id("roles", "reader"), admin, "")
	rapid.Check(t, func(t *rapid.T) {
		var links []link
		check := func(r *reply, scope string, parent *link) {
			l := link{text: r.header.Get("X-Subject-Token"), end: r.str("token.expires_at")}
			ids, _ := r.at("token.audit_ids").([]any)
			l.root = fmt.Sprint(ids[len(ids)-1])
			methods := fmt.Sprint(r.at("token.methods"))
			if parent != nil {
				if l.root != parent.root || len(ids) != 2 || l.end != parent.end || methods != "[password token]" {
					t.Fatalf("made from a token of chain %s until %s: %s", parent.root, parent.end, r.text)
				}
			}
			if got := r.names("token.roles"); !slices.Equal(got, scopes[scope]) && len(got)+len(scopes[scope]) > 0 {
				t.Fatalf("scope %s gives %v", scope, got)
			}
			if r.str("token.user.id") != demo {
				t.Fatalf("another user: %s", r.text)
			}
			links = append(links, l)
			if len(links) > 5 {
				links = links[1:]
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"login": func(t *rapid.T) {
				scope := rapid.SampledFrom(granted).Draw(t, "scope")
				check(c.do("POST", "/v3/auth/tokens", "", passwordAuth("demo", "demopw", scope)), scope, nil)
			},
			"rescope": func(t *rapid.T) {
				if len(links) == 0 {
					t.Skip("no token yet")
				}
				from := links[rapid.IntRange(0, len(links)-1).Draw(t, "from")]
				scope := rapid.SampledFrom([]string{"", unscoped, onProject("demo"), onDefault, onProject("admin"), onSystem}).Draw(t, "scope")
				r := c.do("POST", "/v3/auth/tokens", "", tokenAuth(from.text, scope))
				switch {
				case from.revoked:
					if r.status != 404 {
						t.Fatalf("from a revoked token: %d", r.status)
					}
				case !slices.Contains(granted, scope):
					if r.status != 401 {
						t.Fatalf("to %s: %d %s", scope, r.status, r.text)
					}
				default:
					check(r, scope, &from)
				}
			},
			"revoke": func(t *rapid.T) {
				if len(links) == 0 {
					t.Skip("no token yet")
				}
				i := rapid.IntRange(0, len(links)-1).Draw(t, "which")
				r := c.do("DELETE", "/v3/auth/tokens", admin, "", "X-Subject-Token", links[i].text)
				if r.status == 204 == links[i].revoked {
					t.Fatalf("revoked %v: %d", links[i].revoked, r.status)
				}
				links[i].revoked = true
			},
			"wait": func(t *rapid.T) { c.advance(time.Duration(rapid.IntRange(0, 2000).Draw(t, "ms")) * time.Millisecond) },
			"new password": func(t *rapid.T) {
				r := c.do("POST", "/v3/users/"+demo+"/password", "", `{"user":{"original_password":"demopw","password":"demopw"}}`)
				if r.status != 204 {
					t.Fatalf("%d %s", r.status, r.text)
				}
				for i := range links {
					links[i].revoked = true
				}
			},
			"": func(t *rapid.T) {
				if len(links) == 0 {
					return
				}
				l := links[rapid.IntRange(0, len(links)-1).Draw(t, "looked at")]
				if _, err := c.Authenticate(t.Context(), wire.Secret(l.text)); (err != nil) != l.revoked {
					t.Fatalf("revoked %v: %v", l.revoked, err)
				}
			},
		})
		// The clock goes on, and the admin's token must outlive the next walk.
		admin = c.admin()
	})
}

func BenchmarkAuthenticateWarm(b *testing.B) {
	c := bootCloud(b)
	token := wire.Secret(c.demo())
	for b.Loop() {
		if _, err := c.Authenticate(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAuthenticateCold(b *testing.B) {
	c := bootCloud(b)
	token := wire.Secret(c.demo())
	for b.Loop() {
		c.sessions.forget()
		if _, err := c.Authenticate(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkShowToken(b *testing.B) {
	c := bootCloud(b)
	token := c.demo()
	for b.Loop() {
		c.must(200, "GET", "/v3/auth/tokens", token, "", "X-Subject-Token", token)
	}
}

func BenchmarkRescope(b *testing.B) {
	c := bootCloud(b)
	token := c.demo()
	for b.Loop() {
		c.clock.Store(c.clock.Load() - int64(5*time.Millisecond)) // or the token ends
		c.must(201, "POST", "/v3/auth/tokens", "", tokenAuth(token, onProject("demo")))
	}
}
