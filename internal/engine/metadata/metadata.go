// Package metadata tells guests about themselves over HTTP, at 169.254.169.254
// inside their own network: the documents of OpenStack's metadata format below
// /openstack, and what software made for EC2 looks for below /latest.
//
// Who asks is known by where the question comes from: the switch lets a card
// send with its leased address only, so that address on that network names one
// guest. Nothing that a guest sends is believed.
package metadata

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
	"github.com/novalet/novalet/internal/engine/hostnet"
)

// Address is where guests ask.
var Address = netip.MustParseAddrPort("169.254.169.254:80")

// Lookup finds the guest that has an address; none is a fault.NotFound.
type Lookup = func(ip netip.Addr) (cloud.Guest, error)

// Service answers the guests of a host.
type Service struct {
	log  *slog.Logger
	work sync.WaitGroup
}

// New returns a service; nobody can ask it before Listen.
func New(log *slog.Logger) *Service { return &Service{log: log} }

// Listen answers on a network until that closes.
func (s *Service) Listen(networkID string, n *hostnet.Network, find Lookup) error {
	l, err := n.ListenTCP(Address)
	if err != nil {
		return err
	}
	log := s.log.With("network", networkID)
	server := &http.Server{
		Handler: Handler(find, log), ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10,
	}
	s.work.Go(func() {
		err := server.Serve(l)
		_ = server.Close() // the connections that are left
		if err != nil && !errors.Is(err, net.ErrClosed) {
			log.Debug("metadata service ended with its network", "err", err)
		}
	})
	return nil
}

// Wait returns when all networks have closed.
func (s *Service) Wait() { s.work.Wait() }

// Handler answers the guests of one network.
func Handler(find Lookup, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "Only GET and HEAD are answered here.", http.StatusMethodNotAllowed)
			return
		}
		from, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil {
			http.Error(w, "No guest has this address.", http.StatusNotFound)
			return
		}
		guest, err := find(from.Addr().Unmap())
		if fault.Is(err, fault.NotFound) {
			http.Error(w, "No guest has this address.", http.StatusNotFound)
			return
		}
		var files tree
		if err == nil {
			files, err = treeOf(&guest)
		}
		if err != nil {
			log.Error("metadata", "from", from, "path", r.URL.Path, "err", err)
			http.Error(w, "The metadata cannot be given now. Try again later.", http.StatusInternalServerError)
			return
		}
		text, kind, ok := files.read(r.URL.Path)
		if !ok {
			http.Error(w, "There is no such metadata.", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(text)
	})
}

// kindOf is the media type of a document.
func kindOf(path string) string {
	switch {
	case strings.HasSuffix(path, ".json"):
		return "application/json"
	case strings.HasSuffix(path, "/user_data"), strings.HasSuffix(path, "/user-data"), strings.Contains(path, "/content/"):
		return "application/octet-stream"
	}
	return "text/plain; charset=utf-8"
}
