package image

import (
	"github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

func memberView(m *cloud.ImageMember) image.Member {
	return image.Member{
		MemberID: m.ProjectID, ImageID: m.ImageID, Status: m.Status,
		CreatedAt: wire.Time(m.CreatedAt), UpdatedAt: wire.Time(m.UpdatedAt), Schema: "/v2/schemas/member",
	}
}

// sharedOnly refuses members of an image that is not shared.
func sharedOnly(i *seen) error {
	if i.Visibility != cloud.ImageShared {
		return fault.New(fault.Forbidden, "Only shared images have members.")
	}
	return nil
}

// mayMeet refuses a member the sight of the other members.
func mayMeet(i *seen, projectID string) error {
	if i.member != "" && i.member != projectID {
		return fault.New(fault.NotFound, "%s not found in the member list of the image %s.", projectID, i.ID)
	}
	return sharedOnly(i)
}

func (s *Service) listMembers(ctx httpd.Ctx, i *seen, _ image.ImageID) (out image.Members, err error) {
	if err := sharedOnly(i); err != nil {
		return out, err
	}
	members, err := s.DB.ImageMembers(ctx, i.ID)
	out.Schema = "/v2/schemas/members"
	for n := range members {
		if mayMeet(i, members[n].ProjectID) == nil {
			out.Members = append(out.Members, memberView(&members[n]))
		}
	}
	return out, err
}

func (s *Service) addMember(ctx httpd.Ctx, i *seen, in image.MemberAdd) (out image.MemberShown, err error) {
	if err := sharedOnly(i); err != nil {
		return out, err
	}
	now := s.Now()
	m := cloud.ImageMember{ImageID: i.ID, ProjectID: in.Member, Status: "pending", CreatedAt: now, UpdatedAt: now}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		if _, err := lock(ctx, tx, i); err != nil {
			return err
		}
		members, err := tx.ImageMembers(ctx, i.ID)
		if err != nil {
			return err
		}
		if len(members) >= maxMembers {
			return fault.New(fault.TooLarge, "The limit has been exceeded on the number of allowed image members. Maximum: %d", maxMembers)
		}
		return tx.AddImageMember(ctx, &m)
	})
	out.Member = memberView(&m)
	return out, err
}

func (s *Service) showMember(ctx httpd.Ctx, i *seen, in image.MemberID) (out image.MemberShown, err error) {
	if err := mayMeet(i, in.Member); err != nil {
		return out, err
	}
	m, err := s.DB.ImageMember(ctx, i.ID, in.Member)
	out.Member = memberView(&m)
	return out, err
}

// updateMember is for the project that the image is offered to: only it, or an
// administrator, accepts or rejects.
func (s *Service) updateMember(ctx httpd.Ctx, i *seen, in image.MemberUpdate) (out image.MemberShown, err error) {
	if err := mayMeet(i, in.Member); err != nil {
		return out, err
	}
	if err := s.DB.Tx(ctx, func(tx *store.Tx) error {
		return tx.SetImageMember(ctx, i.ID, in.Member, in.Status, s.Now())
	}); err != nil {
		return out, err
	}
	return s.showMember(ctx, i, image.MemberID{ID: in.ID, Member: in.Member})
}

func (s *Service) deleteMember(ctx httpd.Ctx, i *seen, in image.MemberID) (none wire.None, err error) {
	if err := sharedOnly(i); err != nil {
		return none, err
	}
	return none, s.DB.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteImageMember(ctx, i.ID, in.Member) })
}
