package image

import (
	"context"
	"crypto/md5"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

const (
	chunkSize = 1 << 20
	// lookEvery is after how many bytes an upload looks whether its image is
	// still there.
	lookEvery = 64 << 20
	// cleanupTime bounds what is done for a caller that has gone.
	cleanupTime = 30 * time.Second
)

// ingest is the only way data comes in. It takes data, which must be length
// bytes long (-1: any), as the data of the queued image i and returns i active;
// whatever goes wrong, the image is queued again, or deleted if it was deleted meanwhile,
// and nothing of the data is left.
func (s *Service) ingest(ctx context.Context, i cloud.Image, data io.Reader, length int64) (cloud.Image, error) {
	if i.DiskFormat == "" || i.ContainerFormat == "" {
		return i, fault.New(fault.BadRequest, "Properties disk_format, container_format must be set prior to saving data.")
	}
	if length > s.Limits.ImageBytes {
		return i, s.tooLarge()
	}
	up := &upload{s: s, id: s.NewID(), image: i, length: length, reserved: max(length, 0)}
	err := s.DB.Tx(ctx, func(tx *store.Tx) error {
		return tx.BeginUpload(ctx, i.ID, up.id, up.reserved, s.Limits.ProjectBytes, s.Now())
	})
	if err != nil {
		return i, err
	}
	if err := up.run(ctx, data); err != nil {
		up.undo(ctx)
		return i, err
	}
	return s.DB.Image(ctx, i.ID)
}

func (s *Service) tooLarge() error {
	return fault.New(fault.TooLarge, "The image is larger than %d bytes, the most that this cloud takes.", s.Limits.ImageBytes)
}

// upload is one upload under way.
type upload struct {
	s        *Service
	id       string
	image    cloud.Image
	length   int64 // bytes to come; -1: not known
	reserved int64 // bytes
	looked   int64 // bytes received when the image was last looked at
}

func (u *upload) run(ctx context.Context, data io.Reader) error {
	file, err := u.s.files.create(u.id)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // commit closes it and reports; here it is thrown away
	if err := u.receive(ctx, file, data); err != nil {
		return err
	}
	if err := u.s.files.commit(file, u.image.ID, u.image.SHA512); err != nil {
		return err
	}
	return u.s.DB.Tx(ctx, func(tx *store.Tx) error {
		return tx.FinishUpload(ctx, &u.image, u.id, u.s.Now())
	})
}

// receive writes data to file and learns all about it.
func (u *upload) receive(ctx context.Context, file *os.File, data io.Reader) error {
	inspector := u.s.Inspect()
	md, sha := md5.New(), sha512.New()
	buf := make([]byte, chunkSize)
	for {
		n, readErr := fill(data, buf)
		chunk := buf[:n]
		u.image.Size += int64(n)
		if err := u.look(ctx); err != nil {
			return err
		}
		if err := writeHashed(file, chunk, md, sha); err != nil {
			return storageFault(err)
		}
		_, _ = inspector.Write(chunk)
		if readErr == io.EOF {
			break
		}
		if readErr != nil {
			return brokenOff(ctx, readErr)
		}
	}
	if u.length >= 0 && u.image.Size != u.length {
		return fault.New(fault.BadRequest, "The upload has %d bytes and was to have %d.", u.image.Size, u.length)
	}
	u.image.MD5, u.image.SHA512 = hex.EncodeToString(md.Sum(nil)), hex.EncodeToString(sha.Sum(nil))
	var err error
	u.image.VirtualSize, err = inspector.Judge(u.image.DiskFormat)
	return err
}

// writeHashed writes a chunk and hashes it two ways at the same time.
func writeHashed(file io.Writer, chunk []byte, hashes ...hash.Hash) error {
	var group sync.WaitGroup
	for _, h := range hashes {
		group.Go(func() { _, _ = h.Write(chunk) })
	}
	_, err := file.Write(chunk)
	group.Wait()
	return err
}

// fill reads until buf is full or r has no more; io.EOF is the proper end of
// the data and nothing else.
func fill(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = r.Read(buf[n:])
		n += m
	}
	return n, err
}

// look holds what has come in against the limits and, now and then, against the
// image's row.
func (u *upload) look(ctx context.Context) error {
	if u.image.Size > u.s.Limits.ImageBytes {
		return u.s.tooLarge()
	}
	limit := int64(0)
	if u.image.Size > u.reserved {
		u.reserved, limit = u.image.Size+u.ahead(), u.s.Limits.ProjectBytes
	} else if u.image.Size-u.looked < lookEvery {
		return nil
	}
	u.looked = u.image.Size
	return u.s.DB.Tx(ctx, func(tx *store.Tx) error {
		return tx.GrowUpload(ctx, u.image.ID, u.id, u.reserved, limit)
	})
}

// ahead is how many bytes to reserve beyond those received when the length is
// not known: few where a project's room may be short.
func (u *upload) ahead() int64 {
	if u.s.Limits.ProjectBytes > 0 {
		return 0
	}
	return lookEvery
}

// undo removes what there is of the upload and then lets the image be queued
// again. It also works for a caller that has gone.
func (u *upload) undo(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	paths := []string{u.s.files.uploadPath(u.id)}
	if u.image.SHA512 != "" {
		paths = append(paths, u.s.files.dataPath(u.image.ID, u.image.SHA512))
	}
	err := remove(paths...)
	if err == nil {
		err = u.s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.AbortUpload(ctx, u.image.ID, u.id) })
	}
	if err != nil {
		u.s.Log.Error("an upload could not be undone; the next start does it", "image", u.image.ID, "upload", u.id, "err", err)
	}
}

// brokenOff is the answer to a body that ended early or cannot be read.
func brokenOff(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return fault.New(fault.TooLarge, "The image is larger than %d bytes.", tooLarge.Limit)
	}
	return fault.Wrap(err, fault.BadRequest, "The image data ended early; the image is queued again, so upload it anew.")
}
