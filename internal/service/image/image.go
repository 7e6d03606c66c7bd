package image

import (
	"maps"
	"slices"
	"strings"

	"github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// view is an image as the API shows it.
func view(i *cloud.Image) image.Image {
	path := "/v2/images/" + i.ID
	v := image.Image{Base: image.Base{
		Name: i.Name, DiskFormat: orNull(i.DiskFormat), ContainerFormat: orNull(i.ContainerFormat),
		Visibility: string(i.Visibility), Status: string(i.Status), Checksum: orNull(i.MD5), HashValue: orNull(i.SHA512),
		Protected: i.Protected, MinRAM: i.MinRAMMiB, MinDisk: i.MinDiskGiB, Owner: orNull(i.OwnerID), Hidden: i.Hidden, ID: i.ID,
		CreatedAt: wire.Time(i.CreatedAt), UpdatedAt: wire.Time(i.UpdatedAt), Tags: i.Tags,
		KernelID: nullable(i.Properties, cloud.ImageKernelID), RamdiskID: nullable(i.Properties, cloud.ImageRamdiskID),
		Self: path, File: path + "/file", Schema: "/v2/schemas/image",
	}}
	if i.SHA512 != "" {
		algo := "sha512"
		v.HashAlgo, v.Size = &algo, &i.Size
	}
	if i.VirtualSize > 0 {
		v.VirtualSize = &i.VirtualSize
	}
	v.Properties = maps.Clone(i.Properties)
	delete(v.Properties, cloud.ImageKernelID)
	delete(v.Properties, cloud.ImageRamdiskID)
	return v
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// nullable is a property whose empty value the API shows as null.
func nullable(properties map[string]string, name string) wire.Opt[string] {
	value, ok := properties[name]
	if !ok {
		return wire.Opt[string]{}
	}
	return wire.FromPtr(orNull(value))
}

// draft is what creating an image is judged on: an image of the caller's.
func (s *Service) draft(ctx httpd.Ctx, _ func(string) string) (*seen, error) {
	now := s.Now()
	return &seen{Image: cloud.Image{
		OwnerID: ctx.Caller.ProjectID, Visibility: cloud.ImageShared, Status: cloud.ImageQueued,
		Tags: []string{}, Properties: map[string]string{}, CreatedAt: now, UpdatedAt: now,
	}}, nil
}

func (s *Service) create(ctx httpd.Ctx, draft *seen, in image.Create) (out image.Created, err error) {
	i := &draft.Image
	if id, ok := in.Image.ID.Get(); ok {
		i.ID = id
	} else {
		i.ID = s.NewID()
	}
	in.Image.ID = wire.Opt[string]{}
	if err := s.apply(ctx, i, in.Image); err != nil {
		return out, err
	}
	if err := s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.CreateImage(ctx, i) }); err != nil {
		return out, err
	}
	out.Image = view(i)
	out.Location = ctx.Self("/v2/images/" + i.ID)
	return out, nil
}

func (s *Service) show(_ httpd.Ctx, i *seen, _ image.ImageID) (image.Shown, error) {
	return image.Shown{Image: view(&i.Image)}, nil
}

// apply makes of i what set asks for, as far as the caller may.
func (s *Service) apply(ctx httpd.Ctx, i *cloud.Image, set image.Settings) error {
	if len(set.Refused) > 0 {
		return fault.New(fault.Forbidden, "Attribute '%s' is read-only.", set.Refused[0])
	}
	if set.ID.Set {
		return fault.New(fault.Forbidden, "Attribute 'id' is read-only.")
	}
	for name := range set.Properties {
		if isReserved(name) {
			return fault.New(fault.Forbidden, "Attribute '%s' is reserved.", name)
		}
	}
	if set.Owner.Set && set.Owner.Or("") != i.OwnerID {
		if !s.isAdmin(ctx.Caller) {
			return fault.New(fault.Forbidden, "You are not permitted to give images to another owner ('%s').", set.Owner.Or(""))
		}
		i.OwnerID = set.Owner.Or("")
	}
	if to, ok := set.Visibility.Get(); ok && to != string(i.Visibility) {
		if err := mayBe(ctx, i, cloud.ImageVisibility(to)); err != nil {
			return err
		}
		i.Visibility = cloud.ImageVisibility(to)
	}
	if err := setFormat("disk_format", i, &i.DiskFormat, set.DiskFormat); err != nil {
		return err
	}
	if err := setFormat("container_format", i, &i.ContainerFormat, set.ContainerFormat); err != nil {
		return err
	}
	if set.Name.Set {
		i.Name = set.Name.Ptr()
	}
	i.Protected, i.Hidden = set.Protected.Or(i.Protected), set.Hidden.Or(i.Hidden)
	i.MinRAMMiB, i.MinDiskGiB = set.MinRAM.Or(i.MinRAMMiB), set.MinDisk.Or(i.MinDiskGiB)
	if tags, ok := set.Tags.Get(); ok {
		i.Tags = slices.Compact(slices.Sorted(slices.Values(tags)))
		if i.Tags == nil {
			i.Tags = []string{}
		}
	}
	maps.Copy(i.Properties, set.Properties)
	for name, value := range map[string]wire.Opt[string]{cloud.ImageKernelID: set.KernelID, cloud.ImageRamdiskID: set.RamdiskID} {
		if value.Set {
			i.Properties[name] = value.Or("")
		}
	}
	return withinBounds(i)
}

// isReserved reports whether a property name is kept for Glance itself.
func isReserved(name string) bool {
	return strings.HasPrefix(name, "os_glance")
}

func withinBounds(i *cloud.Image) error {
	if n := len(i.Properties); n > maxProperties {
		return fault.New(fault.TooLarge, "The limit has been exceeded on the number of allowed image properties. Attempted: %d, Maximum: %d", n, maxProperties)
	}
	if n := len(i.Tags); n > maxTags {
		return fault.New(fault.TooLarge, "The limit has been exceeded on the number of allowed image tags. Attempted: %d, Maximum: %d", n, maxTags)
	}
	return nil
}

// setFormat sets a format, which says what the data is and so stands once
// there is data.
func setFormat(name string, i *cloud.Image, format *string, to wire.Opt[string]) error {
	if !to.Set || to.Or("") == *format {
		return nil
	}
	if i.Status != cloud.ImageQueued {
		return fault.New(fault.Forbidden, "Attribute %s can be only replaced for a queued image.", name)
	}
	*format = to.Or("")
	return nil
}

// mayBe judges whether the caller may give an image a visibility.
func mayBe(ctx httpd.Ctx, i *cloud.Image, to cloud.ImageVisibility) error {
	rule, ok := map[cloud.ImageVisibility]wire.Rule{cloud.ImagePublic: image.Publicize, cloud.ImageCommunity: image.Communitize}[to]
	if !ok || ctx.May(rule, (&seen{Image: *i}).PolicyTarget()) {
		return nil
	}
	return fault.New(fault.Forbidden, "You are not authorized to complete %s action.", rule.Name)
}

func (s *Service) update(ctx httpd.Ctx, i *seen, in image.Update) (out image.Shown, err error) {
	if in.ContentType != image.PatchType && in.ContentType != image.PatchType0 {
		ctx.Header.Set("Accept-Patch", image.PatchType0+", "+image.PatchType)
		return out, badType(in.ContentType)
	}
	changed, err := s.change(ctx, i, func(i *cloud.Image) error {
		for _, op := range in.Patch {
			if err := s.patch(ctx, i, op); err != nil {
				return err
			}
		}
		return nil
	})
	out.Image = view(&changed)
	return out, err
}

// lock reads an image anew, alone. An owner other than the one that policy was
// judged on is a fault.Conflict.
func lock(ctx httpd.Ctx, tx *store.Tx, judged *seen) (cloud.Image, error) {
	i, err := tx.LockImage(ctx, judged.ID)
	if err == nil && i.OwnerID != judged.OwnerID {
		err = fault.New(fault.Conflict, "Image %s has got another owner meanwhile. Look again and retry.", i.ID)
	}
	return i, err
}

// change lets f change an image, alone.
func (s *Service) change(ctx httpd.Ctx, judged *seen, f func(i *cloud.Image) error) (cloud.Image, error) {
	var changed cloud.Image
	err := s.DB.Tx(ctx, func(tx *store.Tx) error {
		i, err := lock(ctx, tx, judged)
		if err != nil {
			return err
		}
		if err := f(&i); err != nil {
			return err
		}
		i.UpdatedAt = s.Now()
		changed = i
		return tx.SaveImage(ctx, &i)
	})
	return changed, err
}

// patch carries out one operation on i.
func (s *Service) patch(ctx httpd.Ctx, i *cloud.Image, op image.Patch) error {
	if image.IsReadOnly(op.Name) {
		return fault.New(fault.Forbidden, "Attribute '%s' is read-only.", op.Name)
	}
	_, has := i.Properties[op.Name]
	if !has && op.Op != "add" && !image.IsBase(op.Name) {
		return fault.New(fault.Conflict, "There was a conflict when trying to complete your request. Property %s does not exist.", op.Name)
	}
	if op.Op != "remove" {
		set, err := op.Settings()
		if err != nil {
			return fault.New(fault.BadRequest, "%w", err)
		}
		return s.apply(ctx, i, set)
	}
	if !has || isReserved(op.Name) {
		return fault.New(fault.Forbidden, "Property %s may not be removed.", op.Name)
	}
	delete(i.Properties, op.Name)
	return nil
}

func (s *Service) delete(ctx httpd.Ctx, i *seen, _ image.ImageID) (none wire.None, err error) {
	var gone cloud.Image
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		if gone, err = lock(ctx, tx, i); err != nil {
			return err
		}
		if gone.Protected {
			return fault.New(fault.Forbidden, "Image %s is protected and cannot be deleted.", gone.ID)
		}
		return tx.DeleteImage(ctx, gone.ID, s.Now())
	})
	if err != nil {
		return none, err
	}
	s.free(ctx, &gone)
	return none, nil
}

// free removes the data of a deleted image. What fails here the next start
// does; until then the data counts against the project.
func (s *Service) free(ctx httpd.Ctx, i *cloud.Image) {
	if !i.Status.HasData() {
		return // an upload under way removes its data itself
	}
	err := remove(s.files.dataPath(i.ID, i.SHA512))
	if err == nil {
		err = s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.FreeImage(ctx, i.ID) })
	}
	if err != nil {
		s.Log.Error("the data of a deleted image could not be removed; the next start does it", "image", i.ID, "err", err)
	}
}

func (s *Service) deactivate(ctx httpd.Ctx, i *seen, _ image.ImageID) (wire.None, error) {
	return s.move(ctx, i, cloud.ImageDeactivated)
}

func (s *Service) reactivate(ctx httpd.Ctx, i *seen, _ image.ImageID) (wire.None, error) {
	return s.move(ctx, i, cloud.ImageActive)
}

// move takes an image with data to another state with data; one that is there
// already is left alone.
func (s *Service) move(ctx httpd.Ctx, i *seen, to cloud.ImageStatus) (none wire.None, err error) {
	switch {
	case i.Status == to:
		return none, nil
	case !i.Status.HasData():
		return none, fault.New(fault.Forbidden, "Not allowed to make an image in status '%s' %s.", i.Status, to)
	}
	return none, s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.MoveImage(ctx, i.ID, i.Status, to, s.Now()) })
}

func (s *Service) addTag(ctx httpd.Ctx, i *seen, in image.Tag) (none wire.None, err error) {
	_, err = s.change(ctx, i, func(i *cloud.Image) error {
		if !slices.Contains(i.Tags, in.Tag) {
			i.Tags = append(i.Tags, in.Tag)
		}
		return withinBounds(i)
	})
	return none, err
}

func (s *Service) deleteTag(ctx httpd.Ctx, i *seen, in image.Tag) (none wire.None, err error) {
	_, err = s.change(ctx, i, func(i *cloud.Image) error {
		at := slices.Index(i.Tags, in.Tag)
		if at < 0 {
			return fault.New(fault.NotFound, "Image %s has no tag %s.", i.ID, in.Tag)
		}
		i.Tags = slices.Delete(i.Tags, at, at+1)
		return nil
	})
	return none, err
}
