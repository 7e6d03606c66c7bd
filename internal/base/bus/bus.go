// Package bus carries doorbells and calls between the processes of a cloud,
// over NATS. The database is the truth: a message may be lost at any time, and
// whoever waits for one also looks by itself now and then. There are no
// streams and nothing is stored.
package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	neturl "net/url"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/novalet/novalet/internal/cloud/fault"
)

const (
	// maxPayload bounds a message on the embedded bus, in bytes. A guest with
	// all its user data and files is under 1 MiB, the default of NATS.
	maxPayload = 8 << 20
	// connectTimeout bounds one attempt to connect.
	connectTimeout = 5 * time.Second
	// reconnectWait is the pause between attempts once connected before.
	reconnectWait = 500 * time.Millisecond
	// namespace precedes all subjects unless the URL names another.
	namespace = "novalet"
)

// Timing is how a long call shows that it is alive.
type Timing struct {
	Heartbeat time.Duration // between signs of life from the responder
	Silence   time.Duration // after so long without any the caller gives up
}

// defaultTiming tells a slow responder from a dead one within ten seconds.
var defaultTiming = Timing{Heartbeat: 2 * time.Second, Silence: 10 * time.Second}

// Bus is a connection to the other processes. It is safe for concurrent use.
type Bus struct {
	conn   *nats.Conn
	inbox  *inbox
	server *server.Server // nil when it is another process
	prefix string
	log    *slog.Logger
	timing Timing

	work   context.Context // of all handlers; ends when Close loses patience
	cancel context.CancelFunc

	mu        sync.Mutex
	closed    bool
	listeners map[*Listener]struct{}
}

// Option changes how Open opens.
type Option func(*Bus)

// WithLog logs lost connections and failing handlers.
func WithLog(log *slog.Logger) Option { return func(b *Bus) { b.log = log } }

// WithTiming replaces the heartbeat and silence limit of calls, 2 and 10
// seconds. All processes of a cloud need the same.
func WithTiming(t Timing) Option { return func(b *Bus) { b.timing = t } }

// Open connects to the bus that url names:
//
//   - "" or "embedded" is one inside this process, reachable from nowhere else;
//   - nats://[user:password@]host:port[/namespace], or tls://, is a NATS
//     server; several hosts are separated by commas. Clouds that share a server
//     have different namespaces.
//
// Once connected, a lost connection is taken up again for as long as the bus
// is open.
func Open(ctx context.Context, url string, opts ...Option) (*Bus, error) {
	b := &Bus{log: slog.New(slog.DiscardHandler), prefix: namespace, timing: defaultTiming, listeners: map[*Listener]struct{}{}}
	for _, o := range opts {
		o(b)
	}
	options := []nats.Option{
		nats.Name("novalet"),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.Timeout(timeLeft(ctx, connectTimeout)),
		nats.ReconnectHandler(func(*nats.Conn) { b.ringAll() }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				b.log.Warn("the bus is disconnected", "error", err)
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, s *nats.Subscription, err error) {
			attrs := []any{"error", err}
			if s != nil {
				attrs = append(attrs, "subject", s.Subject)
			}
			b.log.Warn("the bus reports a problem", attrs...)
		}),
	}
	var err error
	if url == "" || url == "embedded" {
		err = b.embed(options)
	} else {
		err = b.connect(url, options)
	}
	if err != nil {
		return nil, err
	}
	b.work, b.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if b.inbox, err = newInbox(b.conn); err != nil {
		b.Close(ctx)
		return nil, fmt.Errorf("the bus refuses a subscription: %w", err)
	}
	return b, nil
}

func (b *Bus) embed(options []nats.Option) error {
	s, err := server.NewServer(&server.Options{
		ServerName: "novalet", DontListen: true, NoSigs: true, NoLog: true, NoSystemAccount: true, MaxPayload: maxPayload,
	})
	if err != nil {
		return fmt.Errorf("the embedded bus cannot start: %w", err)
	}
	s.Start()
	if b.conn, err = nats.Connect("", append(options, nats.InProcessServer(s))...); err != nil {
		s.Shutdown()
		s.WaitForShutdown()
		return fmt.Errorf("the embedded bus does not answer: %w", err)
	}
	b.server = s
	return nil
}

func (b *Bus) connect(url string, options []nats.Option) error {
	servers := strings.Split(url, ",")
	shown := make([]string, len(servers))
	for i, s := range servers {
		u, err := neturl.Parse(strings.TrimSpace(s))
		if err != nil || u.Host == "" || (u.Scheme != "nats" && u.Scheme != "tls") {
			return errors.New("the bus URL must be embedded, or look like nats://host:4222")
		}
		if path := strings.Trim(u.Path, "/"); path != "" {
			b.prefix = Token(path)
		}
		u.Path = ""
		servers[i], shown[i] = u.String(), u.Redacted()
	}
	var err error
	if b.conn, err = nats.Connect(strings.Join(servers, ","), options...); err != nil {
		return fmt.Errorf("cannot reach the bus at %s: %w", strings.Join(shown, ","), err)
	}
	return nil
}

// timeLeft is limit, or less when ctx ends sooner.
func timeLeft(ctx context.Context, limit time.Duration) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, max(time.Until(deadline), time.Millisecond))
	}
	return limit
}

// Close stops taking work, waits until what is running has finished, and
// disconnects. When ctx ends first, the contexts of running handlers are
// cancelled, and then waited for.
func (b *Bus) Close(ctx context.Context) {
	b.mu.Lock()
	b.closed = true
	var all []*Listener
	for l := range b.listeners {
		all = append(all, l)
	}
	b.mu.Unlock()
	impatient := context.AfterFunc(ctx, b.cancel)
	for _, l := range all {
		l.unsubscribe()
	}
	for _, l := range all {
		l.Stop()
	}
	impatient()
	if err := b.flush(); err != nil {
		b.log.Debug("the last replies may be lost", "error", err)
	}
	b.cancel()
	b.conn.Close()
	if b.server != nil {
		b.server.Shutdown()
		b.server.WaitForShutdown()
	}
}

// flush waits until the server has what was sent. (Not by FlushTimeout: its
// pool of timers is shared by all in the process, which testing/synctest
// refuses.)
func (b *Bus) flush() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.work), connectTimeout)
	defer cancel()
	return b.conn.FlushWithContext(ctx)
}

// Token makes one element of a subject of any name, such as a host's:
// letters, digits, - and _ stay, all else is escaped.
func Token(name string) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "=%02X", c)
		}
	}
	if b.Len() == 0 {
		return "="
	}
	return b.String()
}

func (b *Bus) subject(name string) string { return b.prefix + "." + name }

// lost makes a fault of an error of the connection.
func lost(err error, subject string) error {
	switch {
	case errors.Is(err, nats.ErrMaxPayload):
		return fault.Wrap(err, fault.TooLarge, "The request is too large to be sent to the host.")
	case errors.Is(err, nats.ErrBadSubject), errors.Is(err, nats.ErrInvalidMsg):
		return fmt.Errorf("bus subject %q: %w", subject, err)
	}
	return fault.Wrap(err, fault.Unavailable, "The message bus cannot be reached. Try again later.")
}
