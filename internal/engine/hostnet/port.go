package hostnet

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

const (
	// portQueue is how many frames wait for one guest. A guest that does not
	// read (paused, or its QEMU hangs) loses frames, and nobody else waits.
	portQueue = 256
	firstWait = 10 * time.Millisecond
	longWait  = time.Second
)

// port is a plugged card: one goroutine that dials and reads, and while
// connected one that writes.
type port struct {
	Port
	mac  macAddr
	net  *Network
	send chan []byte // frames for the guest; shared, so never written to

	stop context.CancelFunc
	work sync.WaitGroup
}

func newPort(n *Network, p Port) *port {
	p.MAC = slices.Clone(p.MAC)
	return &port{Port: p, mac: macAddr(p.MAC), net: n, send: make(chan []byte, portQueue)}
}

func (p *port) same(q Port) bool {
	return p.IP == q.IP && p.Hostname == q.Hostname && p.Socket == q.Socket
}

func (p *port) start(ctx context.Context) {
	ctx, p.stop = context.WithCancel(ctx)
	p.work.Go(func() { p.run(ctx) })
}

func (p *port) close() {
	p.stop()
	p.work.Wait()
}

// run keeps the port connected until ctx ends.
func (p *port) run(ctx context.Context) {
	log := p.net.log.With("mac", p.MAC.String(), "ip", p.IP.String())
	wait := firstWait
	for {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "unix", p.Socket)
		if err == nil {
			log.Debug("port connected", "socket", p.Socket)
			err = p.carry(ctx, conn)
			log.Debug("port disconnected", "err", err)
			wait = firstWait
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
			wait = min(2*wait, longWait)
		}
	}
}

// carry moves frames until the connection or ctx ends.
func (p *port) carry(ctx context.Context, conn net.Conn) error {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	var writer sync.WaitGroup
	writer.Go(func() {
		defer cancel()
		p.write(ctx, conn)
	})
	err := p.read(conn)
	cancel()
	stop()
	conn.Close()
	writer.Wait()
	return err
}

// read takes frames off QEMU's stream: four bytes of length, big-endian, then
// the frame, which starts with the Ethernet header.
func (p *port) read(conn net.Conn) error {
	r := bufio.NewReaderSize(conn, 64<<10)
	largest := uint32(p.net.cfg.MTU + header.EthernetMinimumSize)
	for {
		var prefix [4]byte
		if _, err := io.ReadFull(r, prefix[:]); err != nil {
			return err
		}
		size := binary.BigEndian.Uint32(prefix[:])
		if size > maxFrame {
			return fmt.Errorf("frame of %d bytes: this is not QEMU's stream framing", size)
		}
		if size > largest {
			if _, err := r.Discard(int(size)); err != nil {
				return err
			}
			continue
		}
		frame := make([]byte, size)
		if _, err := io.ReadFull(r, frame); err != nil {
			return err
		}
		p.net.fromGuest(p, frame)
	}
}

func (p *port) write(ctx context.Context, conn net.Conn) {
	w := bufio.NewWriterSize(conn, 64<<10)
	for {
		select {
		case <-ctx.Done():
			return
		case frame := <-p.send:
			var prefix [4]byte
			binary.BigEndian.PutUint32(prefix[:], uint32(len(frame)))
			w.Write(prefix[:])
			_, err := w.Write(frame)
			if err == nil && len(p.send) == 0 {
				err = w.Flush()
			}
			if err != nil {
				return
			}
		}
	}
}

// deliver queues a frame for the guest, or drops it when the guest is behind.
func (p *port) deliver(frame []byte) {
	select {
	case p.send <- frame:
	default:
	}
}
