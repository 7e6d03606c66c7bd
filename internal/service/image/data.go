package image

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

func badType(contentType string) error {
	return fault.New(fault.BadMediaType, "The request media type %.100s is not supported by this server.", contentType)
}

func (s *Service) upload(ctx httpd.Ctx, i *seen, in image.Upload) (none wire.None, err error) {
	if in.ContentType != image.DataType {
		return none, badType(in.ContentType)
	}
	length, err := byteCount("Content-Length", in.ContentLength)
	if err != nil {
		return none, err
	}
	hint, err := byteCount("X-Openstack-Image-Size", in.SizeHint)
	if err != nil {
		return none, err
	}
	if hint >= 0 && length >= 0 && hint != length {
		return none, fault.New(fault.BadRequest, "X-Openstack-Image-Size says %d bytes, Content-Length %d.", hint, length)
	}
	_, err = s.ingest(ctx, i.Image, in.Data, max(length, hint))
	return none, err
}

// byteCount reads a header that says a length; -1 when it is not there.
func byteCount(name string, value wire.Opt[string]) (int64, error) {
	text, ok := value.Get()
	if !ok {
		return -1, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fault.New(fault.BadRequest, "The header %s must be a number of bytes.", name)
	}
	return n, nil
}

func (s *Service) download(ctx httpd.Ctx, i *seen, in image.Download) (out image.Data, err error) {
	switch {
	case !i.Status.HasData():
		out.Status = 204
		return out, nil
	case i.Status == cloud.ImageDeactivated && !s.isAdmin(ctx.Caller):
		return out, fault.New(fault.Forbidden, "The requested image has been deactivated. Image data download is forbidden.")
	}
	first, length, part, err := byteRange(in.Range, i.Size)
	if err != nil {
		ctx.Header.Set("Content-Range", fmt.Sprintf("bytes */%d", i.Size))
		return out, err
	}
	file, err := s.files.open(i.ID, i.SHA512)
	if err != nil {
		return out, err // the row says that it is there: a 500 for the log
	}
	if _, err := file.Seek(first, io.SeekStart); err != nil {
		_ = file.Close()
		return out, err
	}
	out = image.Data{
		ContentType: image.DataType, ContentMD5: i.MD5, ContentLength: wire.Some(length), AcceptRanges: "bytes",
		Data: &section{file, length},
	}
	if part {
		out.Status = 206
		out.ContentRange = fmt.Sprintf("bytes %d-%d/%d", first, first+length-1, i.Size)
	}
	return out, nil
}

// section is length bytes of a file from where it stands. It hands itself to
// io.Copy in the form that the kernel sends by itself (sendfile).
type section struct {
	file   *os.File
	length int64
}

func (s *section) Read(p []byte) (int, error) {
	if s.length == 0 {
		return 0, io.EOF
	}
	n, err := s.file.Read(p[:min(int64(len(p)), s.length)])
	s.length -= int64(n)
	return n, err
}

func (s *section) WriteTo(w io.Writer) (int64, error) {
	n, err := io.CopyN(w, s.file, s.length)
	s.length -= n
	return n, err
}

func (s *section) Close() error { return s.file.Close() }

// byteRange reads a Range header (RFC 9110 section 14.2) against size bytes.
// One range is honoured; several, or another unit, ask for the whole.
func byteRange(header string, size int64) (first, length int64, part bool, err error) {
	spec, isBytes := strings.CutPrefix(strings.TrimSpace(header), "bytes=")
	from, to, isRange := strings.Cut(spec, "-")
	from, to = strings.TrimSpace(from), strings.TrimSpace(to)
	if !isBytes || !isRange || strings.Contains(spec, ",") || from == "" && to == "" {
		return 0, size, false, nil
	}
	last := size - 1
	if from == "" { // the last so many bytes
		n, err := parseBytes(to)
		if err != nil {
			return 0, size, false, nil
		}
		first = max(size-n, 0)
		if n == 0 {
			first = size
		}
	} else {
		if first, err = parseBytes(from); err != nil {
			return 0, size, false, nil
		}
		if to != "" {
			n, err := parseBytes(to)
			if err != nil || n < first {
				return 0, size, false, nil
			}
			last = min(n, last)
		}
	}
	if first > last {
		return 0, 0, false, fault.New(fault.RangeNotSatisfiable, "The Range requested is not available: the image has %d bytes.", size)
	}
	return first, last - first + 1, true, nil
}

func parseBytes(s string) (int64, error) {
	n, err := strconv.ParseUint(s, 10, 63)
	return int64(n), err
}
