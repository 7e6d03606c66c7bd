package client

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// upload is a request's stream: it knows whether any of it was read and when
// the HTTP client has let go of it, so that it can be sent again.
type upload struct {
	from  io.Reader
	start int64 // of a stream that can be rewound; -1 of others
	size  int64 // -1 when it is not known

	mu     sync.Mutex
	read   bool
	closed chan struct{} // of the request under way
}

func newUpload(from io.Reader) *upload {
	u := &upload{from: from, start: -1, size: -1}
	if sized, ok := from.(interface{ Len() int }); ok {
		u.size = int64(sized.Len())
	}
	seeker, ok := from.(io.Seeker)
	if !ok {
		return u
	}
	// A pipe is an io.Seeker too, one that fails.
	here, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return u
	}
	end, err := seeker.Seek(0, io.SeekEnd)
	if err != nil {
		return u
	}
	if _, err := seeker.Seek(here, io.SeekStart); err == nil {
		u.start, u.size = here, end-here
	}
	return u
}

// begin returns the body of the next request. Closing it does not close the
// stream, which is the caller's.
func (u *upload) begin() io.ReadCloser {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closed = make(chan struct{})
	return &uploadBody{u: u, closed: u.closed}
}

// again makes the stream ready to be sent once more, and reports whether it
// is. No stream always is.
func (u *upload) again(ctx context.Context) bool {
	if u == nil {
		return true
	}
	u.mu.Lock()
	closed := u.closed
	u.mu.Unlock()
	if closed == nil {
		return true
	}
	select {
	case <-closed: // a reply may come while the body is still being read
	case <-ctx.Done():
		return false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.read {
		return true
	}
	if u.start < 0 {
		return false
	}
	_, err := u.from.(io.Seeker).Seek(u.start, io.SeekStart)
	u.read = err != nil
	return err == nil
}

// uploadBody is the stream for one request.
type uploadBody struct {
	u      *upload
	closed chan struct{}
	once   sync.Once
}

func (b *uploadBody) Read(p []byte) (int, error) {
	b.u.mu.Lock()
	b.u.read = true
	b.u.mu.Unlock()
	return b.u.from.Read(p)
}

func (b *uploadBody) Close() error {
	b.once.Do(func() { close(b.closed) })
	return nil
}

// sizeUpload says in a request how long its stream is. What cannot be sent
// twice waits for the server's consent, so that a refusal comes first.
func sizeUpload(request *http.Request) {
	u := request.Body.(*uploadBody).u
	request.ContentLength = u.size
	if u.size < 0 {
		if n, err := strconv.ParseInt(request.Header.Get("Content-Length"), 10, 64); err == nil {
			request.ContentLength = n
		}
	}
	if u.start < 0 {
		request.Header.Set("Expect", "100-continue")
	}
}
