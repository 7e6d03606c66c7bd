package conduct

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/novalet/novalet/internal/base/bus"
	"github.com/novalet/novalet/internal/engine/order"
)

// readImage gives an agent a piece of an image's data.
func (c *Conductor) readImage(ctx context.Context, r *bus.Request) (any, error) {
	var want order.ImageRead
	if err := r.Decode(&want); err != nil {
		return nil, err
	}
	data, err := c.Images.OpenImage(ctx, want.ID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = data.Close() }()
	at, ok := data.(io.ReaderAt)
	if !ok {
		return nil, fmt.Errorf("the data of image %s cannot be read in pieces", want.ID)
	}
	piece := make([]byte, order.PieceSize)
	n, err := at.ReadAt(piece, want.Offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return order.ImagePiece{Data: piece[:n], End: errors.Is(err, io.EOF)}, nil
}
