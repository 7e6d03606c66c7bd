package client

import (
	"context"
	"errors"

	"github.com/novalet/novalet/api/compute"
)

// Tags returns a server's tags. Tags need 2.26.
func (s Servers) Tags(ctx context.Context, id string) ([]string, error) {
	out, err := Do(ctx, s.s, compute.ListTags, compute.ServerID{ID: id})
	return out.Tags, err
}

// HasTag reports whether a server has a tag. A server that is not there has none: Get tells the difference.
func (s Servers) HasTag(ctx context.Context, id, tag string) (bool, error) {
	_, err := Do(ctx, s.s, compute.CheckTag, compute.TagOf{ID: id, Tag: tag})
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// AddTag gives a server a tag, of 1 to 60 characters without / and comma; to one that has it nothing happens.
func (s Servers) AddTag(ctx context.Context, id, tag string) error {
	_, err := Do(ctx, s.s, compute.AddTag, compute.TagOf{ID: id, Tag: tag})
	return err
}

// SetTags gives a server these tags, at most 50, in place of those it has.
func (s Servers) SetTags(ctx context.Context, id string, tags []string) ([]string, error) {
	out, err := Do(ctx, s.s, compute.ReplaceTags, compute.TagsReplace{ID: id, Tags: tags})
	return out.Tags, err
}

// DeleteTag takes a tag off a server.
func (s Servers) DeleteTag(ctx context.Context, id, tag string) error {
	_, err := Do(ctx, s.s, compute.DeleteTag, compute.TagOf{ID: id, Tag: tag})
	return err
}

// ClearTags takes all tags off a server.
func (s Servers) ClearTags(ctx context.Context, id string) error {
	_, err := Do(ctx, s.s, compute.DeleteTags, compute.ServerID{ID: id})
	return err
}
