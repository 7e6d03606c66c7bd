// Package fault is the one error type of the cloud. Code inside returns an
// *Error with a Kind; the edge (base/httpd) turns the Kind into the status and
// body that the service at hand uses. Any other error is a logged 500.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what went wrong in words that every service can map to a status.
type Kind int

// The kinds, with the HTTP status they become at the edge.
const (
	Internal            Kind = iota // 500; the message is never shown
	BadRequest                      // 400
	Unauthorized                    // 401
	Forbidden                       // 403, policy
	OverQuota                       // 403, quota
	NotFound                        // 404
	NotAcceptable                   // 406
	Conflict                        // 409
	Gone                            // 410
	TooLarge                        // 413
	BadMediaType                    // 415
	NotImplemented                  // 501
	Unavailable                     // 503
	RangeNotSatisfiable             // 416
)

// Error is a refusal or failure with a message that the caller may read.
type Error struct {
	Kind    Kind
	Message string // one sentence for the caller: what, and what next
	Detail  string // for administrators and the log only
	cause   error
}

// New returns an Error of the given kind. The format follows fmt.Errorf; an
// error given with %w becomes the cause, its text part of the message.
func New(kind Kind, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Message: err.Error(), cause: errors.Unwrap(err)}
}

// Wrap returns an Error whose message hides err from the caller: err goes to
// the log and to Detail.
func Wrap(err error, kind Kind, message string) *Error {
	return &Error{Kind: kind, Message: message, Detail: err.Error(), cause: err}
}

func (e *Error) Error() string {
	if e.Detail != "" && e.Detail != e.Message {
		return e.Message + ": " + e.Detail
	}
	return e.Message
}

func (e *Error) Unwrap() error { return e.cause }

// KindOf returns the kind of the first *Error in err's chain, or Internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is a fault of the given kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }
