package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/novalet/novalet/internal/cloud/fault"
)

// What a message is, and how long its caller waits, stand in its headers.
const (
	kindHeader    = "Novalet-Kind"
	timeoutHeader = "Novalet-Timeout" // milliseconds; clocks of hosts differ, durations do not
	statusHeader  = "Status"          // of the NATS server itself
	noResponders  = "503"

	kindAlive    = "alive"
	kindProgress = "progress"
	kindReply    = "reply"
	kindFault    = "fault"
)

// wireFault is a fault on its way.
type wireFault struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Detail  string `json:"detail,omitempty"`
}

// kindNames are the kinds of fault on the wire, where two releases may meet.
var kindNames = map[fault.Kind]string{
	fault.Internal: "internal", fault.BadRequest: "bad-request", fault.Unauthorized: "unauthorized",
	fault.Forbidden: "forbidden", fault.OverQuota: "over-quota", fault.NotFound: "not-found",
	fault.NotAcceptable: "not-acceptable", fault.Conflict: "conflict", fault.Gone: "gone",
	fault.TooLarge: "too-large", fault.BadMediaType: "bad-media-type", fault.NotImplemented: "not-implemented",
	fault.Unavailable: "unavailable", fault.RangeNotSatisfiable: "range-not-satisfiable",
}

func toWire(err error) wireFault {
	var f *fault.Error
	if errors.As(err, &f) {
		return wireFault{kindNames[f.Kind], f.Message, f.Detail}
	}
	return wireFault{Kind: kindNames[fault.Internal], Message: err.Error()}
}

func fromWire(w wireFault) error {
	for kind, name := range kindNames {
		if name == w.Kind {
			return &fault.Error{Kind: kind, Message: w.Message, Detail: w.Detail}
		}
	}
	return &fault.Error{Kind: fault.Internal, Message: w.Message, Detail: w.Detail}
}

// Call sends request to one that serves subject and fills reply, a pointer or
// nil, with the answer; both travel as JSON. Progress, unless nil, is given
// what the responder says meanwhile.
//
// A call may take as long as ctx allows while the responder shows that it is alive;
// silence, or nobody serving subject, is a fault.Unavailable. Then it is not
// known whether the request was carried out: ask again only what may be done
// twice. A fault of the responder arrives as it was, with its kind.
func (b *Bus) Call(ctx context.Context, subject string, request, reply any, progress func(json.RawMessage)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	msg := nats.NewMsg(b.subject(subject))
	var err error
	if msg.Data, err = json.Marshal(request); err != nil {
		return fmt.Errorf("the request to %s has no JSON form: %w", subject, err)
	}
	if deadline, ok := ctx.Deadline(); ok {
		msg.Header.Set(timeoutHeader, strconv.FormatInt(max(time.Until(deadline).Milliseconds(), 1), 10))
	}
	c, hangUp := b.inbox.dial()
	defer hangUp()
	msg.Reply = c.address
	if err := b.conn.PublishMsg(msg); err != nil {
		return lost(err, subject)
	}
	return b.await(ctx, subject, c, reply, progress)
}

func (b *Bus) await(ctx context.Context, subject string, c *call, reply any, progress func(json.RawMessage)) error {
	silence := time.NewTimer(b.timing.Silence)
	defer silence.Stop()
	for {
		m := c.take()
		if m == nil {
			select {
			case <-c.bell:
			case <-ctx.Done():
				return ctx.Err()
			case <-b.work.Done():
				return lost(nats.ErrConnectionClosed, subject)
			case <-silence.C:
				if len(c.bell) > 0 {
					continue // a message came at the same moment
				}
				return fault.New(fault.Unavailable, "There has been no sign of life from %s for %v.", subject, b.timing.Silence)
			}
			continue
		}
		silence.Reset(b.timing.Silence)
		if m.Header.Get(statusHeader) == noResponders {
			return fault.New(fault.Unavailable, "Nobody serves %s now. Try again later.", subject)
		}
		switch m.Header.Get(kindHeader) {
		case kindProgress:
			if progress != nil {
				progress(m.Data)
				silence.Reset(b.timing.Silence) // its time is not the responder's
			}
		case kindReply:
			if reply == nil {
				return nil
			}
			if err := json.Unmarshal(m.Data, reply); err != nil {
				return fmt.Errorf("the reply of %s cannot be read: %w", subject, err)
			}
			return nil
		case kindFault:
			var w wireFault
			if err := json.Unmarshal(m.Data, &w); err != nil {
				return fmt.Errorf("the failure of %s cannot be read: %w", subject, err)
			}
			return fromWire(w)
		}
	}
}
