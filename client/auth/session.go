package auth

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/novalet/novalet/api/identity"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
)

// Options is what Open takes besides the settings.
type Options struct {
	// Client is how requests are sent. TLS and Timeout come from the settings
	// unless they are set here.
	Client client.Options
	// CacheDir is the folder of cached tokens; empty: novalet in the user's
	// cache folder.
	CacheDir string
	// NoCache keeps tokens in memory only, as does the setting NoCache.
	NoCache bool
	// Prompt asks the user for a password; nil: there is nobody to ask.
	Prompt func(ctx context.Context, question string) (wire.Secret, error)
}

// Session is a login at a cloud. It implements client.Session and is safe for
// concurrent use. It does no I/O before it is asked for something.
type Session struct {
	config    *Config
	kind      kind
	transport *client.Transport
	clock     client.Clock
	cache     *cache // nil: none
	prompt    func(ctx context.Context, question string) (wire.Secret, error)

	turn   chan struct{} // holds one value; whoever took it may use what is below
	login  *login        // nil: not logged in yet
	looked bool          // the cache was read
	asked  wire.Secret   // the password that the user typed
}

// expiryMargin is how long before its end a token is not used any more, so
// that it does not end on the way; of short-lived tokens it is a tenth.
const expiryMargin = 30 * time.Second

// Open returns a session for the settings.
func Open(config *Config, o Options) (*Session, error) {
	k, err := config.kind()
	if err != nil {
		return nil, err
	}
	if o.Client.TLS == nil {
		if o.Client.TLS, err = config.tls(); err != nil {
			return nil, err
		}
	}
	if o.Client.Timeout == 0 {
		if o.Client.Timeout, err = config.timeout(); err != nil {
			return nil, err
		}
	}
	clock := o.Client.Clock
	if clock.Now == nil {
		clock.Now = time.Now
	}
	if clock.Sleep == nil {
		clock.Sleep = func(ctx context.Context, d time.Duration) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(d):
				return nil
			}
		}
	}
	s := &Session{
		config: config, kind: k, transport: client.NewTransport(o.Client), clock: clock, prompt: o.Prompt,
		turn: make(chan struct{}, 1),
	}
	if !o.NoCache && !config.True(NoCache) && k.logsIn() {
		s.cache = newCache(o.CacheDir, config, k, clock)
	}
	return s, nil
}

// Connect logs in lazily: it is Load, Check and Open in one, for programs that
// take their settings from where every OpenStack tool takes them.
func Connect(o Options) (*client.Client, error) {
	config, err := Load(Process(nil))
	if err != nil {
		return nil, err
	}
	if err := config.Check(false); err != nil {
		return nil, err
	}
	s, err := Open(config, o)
	if err != nil {
		return nil, err
	}
	return s.Client(), nil
}

// Client returns a client that calls with the session.
func (s *Session) Client() *client.Client { return client.New(s.transport, s) }

// Transport returns what the session sends with.
func (s *Session) Transport() *client.Transport { return s.transport }

// Config returns the settings.
func (s *Session) Config() *Config { return s.config }

// Format prints nothing but what it is, so that no secret is printed.
func (s *Session) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "session at "+shownURL(s.config.Get(AuthURL)))
}

// take waits for the turn; give ends it.
func (s *Session) take(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	default:
	}
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Session) give() { <-s.turn }

// Token returns a token, logging in when there is none that is good for a
// while.
func (s *Session) Token(ctx context.Context) (wire.Secret, error) {
	if !s.kind.logsIn() {
		return s.given(), nil
	}
	if err := s.take(ctx); err != nil {
		return "", err
	}
	defer s.give()
	if err := s.ensure(ctx); err != nil {
		return "", err
	}
	return s.login.token, nil
}

// given is what stands in the token's place where nobody logs in.
func (s *Session) given() wire.Secret {
	c := s.config
	if token := c.Secret(Token); token != "" || s.kind.name != kindNoAuth {
		return token
	}
	project := c.Get(ProjectID)
	if project == "" {
		project = c.Get(ProjectName)
	}
	user := c.Get(UserID)
	if user == "" {
		user = c.Get(Username)
	}
	return wire.Secret(user + ":" + project)
}

// ensure makes login good; the caller has the turn.
func (s *Session) ensure(ctx context.Context) error {
	if s.login.goodAt(s.clock.Now()) {
		return nil
	}
	if s.cache == nil {
		return s.authenticate(ctx)
	}
	if !s.looked {
		s.looked = true
		if s.login = s.cache.load(s.credential()); s.login.goodAt(s.clock.Now()) {
			return nil
		}
	}
	return s.renew(ctx, "")
}

// renew logs in, under the cache's lock so that of many processes one does and
// the others take its token. refused is a token that is no good.
func (s *Session) renew(ctx context.Context, refused wire.Secret) error {
	if s.cache == nil {
		return s.authenticate(ctx)
	}
	unlock := s.cache.lock(ctx)
	defer unlock()
	if l := s.cache.load(s.credential()); l.goodAt(s.clock.Now()) && l.token != refused {
		s.login = l
		return nil
	}
	if err := s.authenticate(ctx); err != nil {
		return err
	}
	s.cache.save(s.login, s.credential())
	return nil
}

// credential is what the cached token was got with. A passcode is not part of
// it: each is good for one login.
func (s *Session) credential() wire.Secret {
	var parts []string
	for _, method := range s.kind.methods {
		switch method {
		case identity.MethodPassword:
			if s.asked != "" {
				parts = append(parts, s.asked.Reveal())
			} else {
				parts = append(parts, s.config.Secret(Password).Reveal())
			}
		case identity.MethodToken:
			parts = append(parts, s.config.Secret(Token).Reveal())
		case identity.MethodApplicationCredential:
			parts = append(parts, s.config.Secret(AppCredSecret).Reveal())
		}
	}
	return wire.Secret(strings.Join(parts, "\x00"))
}

// Renew returns a token other than the refused one, or "" when none can be
// got.
func (s *Session) Renew(ctx context.Context, refused wire.Secret) (wire.Secret, error) {
	if !s.kind.logsIn() {
		return "", nil
	}
	if err := s.take(ctx); err != nil {
		return "", err
	}
	defer s.give()
	if s.login != nil && s.login.token != refused {
		return s.login.token, nil // someone else was faster
	}
	if err := s.renew(ctx, refused); err != nil {
		return "", err
	}
	return s.login.token, nil
}

// Recall returns a document that Remember kept with the login.
func (s *Session) Recall(key string) []byte {
	s.turn <- struct{}{}
	defer s.give()
	if s.login == nil {
		return nil
	}
	return s.login.documents[key]
}

// Remember keeps a document for as long as the login lasts; nil forgets.
func (s *Session) Remember(key string, document []byte) {
	s.turn <- struct{}{}
	defer s.give()
	if s.login == nil {
		return
	}
	if _, there := s.login.documents[key]; document == nil && !there {
		return
	}
	if s.login.documents == nil {
		s.login.documents = map[string][]byte{}
	}
	if document == nil {
		delete(s.login.documents, key)
	} else {
		s.login.documents[key] = document
	}
	if s.cache != nil {
		s.cache.save(s.login, s.credential())
	}
}

// Info returns what the token says: user, project, roles, catalog. It logs in
// when needed; a session with a given token has no info.
func (s *Session) Info(ctx context.Context) (identity.Token, error) {
	if _, err := s.Token(ctx); err != nil {
		return identity.Token{}, err
	}
	if err := s.take(ctx); err != nil {
		return identity.Token{}, err
	}
	defer s.give()
	if s.login == nil {
		return identity.Token{}, nil
	}
	return s.login.info, nil
}

// Cached reports whether the token came from the cache, and the file it is in
// (empty without a cache).
func (s *Session) Cached() (bool, string) {
	s.turn <- struct{}{}
	defer s.give()
	if s.cache == nil {
		return false, ""
	}
	return s.login != nil && s.login.cached, s.cache.path
}

// Logout forgets the token, in the cache too. It does not revoke it.
func (s *Session) Logout() {
	s.turn <- struct{}{}
	defer s.give()
	s.login = nil
	if s.cache != nil {
		s.cache.forget()
	}
}

// login is a token with all that came with it.
type login struct {
	token     wire.Secret
	until     time.Time // by this machine's clock
	info      identity.Token
	documents map[string][]byte
	cached    bool
}

func (l *login) goodAt(now time.Time) bool { return l != nil && now.Before(l.until) }

// authenticate logs in; the caller has the turn.
func (s *Session) authenticate(ctx context.Context) error {
	in, err := s.request(ctx)
	if err != nil {
		return err
	}
	if s.config.Get(AuthURL) == "" {
		return s.config.Check(false)
	}
	at, err := s.identityURL(ctx)
	if err != nil {
		return err
	}
	service := client.NewService(identity.Service, s.transport, client.Static{Endpoints: map[string]string{identity.Service: at}}).For("authenticate")
	out, err := client.Do(ctx, service, identity.CreateToken, in)
	if err != nil {
		return s.explain(err, shownURL(at))
	}
	at = shownURL(at)
	if out.Subject == "" {
		return &client.Failure{Class: client.BadReply, Message: at + " answered without a token: check that " + s.origin(AuthURL) + " is the URL of the identity service."}
	}
	// Lifetimes are counted from now, so that this machine's clock may be off.
	lifetime := time.Time(out.Token.ExpiresAt).Sub(time.Time(out.Token.IssuedAt))
	if lifetime <= 0 {
		return &client.Failure{Class: client.BadReply, Message: fmt.Sprintf("The identity service at %s gave a token that ends at %s, not after it was issued at %s: ask who runs it to set its clock right.",
			at, time.Time(out.Token.ExpiresAt).UTC().Format(time.RFC3339), time.Time(out.Token.IssuedAt).UTC().Format(time.RFC3339))}
	}
	margin := min(expiryMargin, lifetime/10)
	made := &login{token: out.Subject, until: s.clock.Now().Add(lifetime - margin), info: out.Token}
	if s.login != nil {
		made.documents = s.login.documents // they have an age of their own
	}
	s.login = made
	return nil
}

// origin names a setting by where it came from.
func (s *Session) origin(k Key) string {
	if from := s.config.named(k); from != "" && from != "default" {
		return from
	}
	return string(k)
}

func (c *Config) timeout() (time.Duration, error) {
	text := c.Get(Timeout)
	if text == "" {
		return 0, nil
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || seconds <= 0 || seconds > 1e6 {
		return 0, settingError("Timeout %q (%s) is not a number of seconds above 0.", text, c.From(Timeout))
	}
	return time.Duration(seconds * float64(time.Second)), nil
}
