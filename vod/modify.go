package vod

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of what people say of an asset (ModifyMediaInfo), in characters and elements.
const (
	MaxTitle       = 64
	MaxDescription = 128
	MaxTags        = 16
	MaxTag         = 32
	MaxKeyFrames   = 100
	MaxKeyFrame    = 128
)

// Errors of Catalog.Modify, wrapped. What else is wrong is an *InvalidError.
var (
	// ErrTagsConflict and ErrKeyFramesConflict: something is to be added, and all are to be removed; ErrTagConflict and
	// ErrKeyFrameConflict: the same is to be added and to be removed.
	ErrTagsConflict      = errors.New("AddTags: cannot be given together with ClearTags; send two requests")
	ErrTagConflict       = errors.New("AddTags: has an element of DeleteTags; a tag is either added or deleted")
	ErrKeyFramesConflict = errors.New("AddKeyFrameDescs: cannot be given together with ClearKeyFrameDescs; send two requests")
	ErrKeyFrameConflict  = errors.New("AddKeyFrameDescs: has a time of DeleteKeyFrameDescs; a key frame is either added or deleted")
	// ErrTag and ErrKeyFrame: a tag or a description has too few characters, or too many.
	ErrTag      = fmt.Errorf("AddTags: must have 1 to %d characters each", MaxTag)
	ErrKeyFrame = fmt.Errorf("AddKeyFrameDescs: Content must have 1 to %d characters", MaxKeyFrame)
	// ErrTags and ErrKeyFrames: the file would have too many of them.
	ErrTags      = fmt.Errorf("AddTags: a file has at most %d tags; delete some with DeleteTags", MaxTags)
	ErrKeyFrames = fmt.Errorf("AddKeyFrameDescs: a file has at most %d key frames; delete some with DeleteKeyFrameDescs", MaxKeyFrames)
)

// Edits are a set of what people have changed of an asset. They outlive the end of its recording.
type Edits int64

// The members of the set.
const (
	EditName Edits = 1 << iota
	EditDescription
	EditClass
	EditExpiry
)

// Change is what is to become different of an asset; the zero value changes nothing.
type Change struct {
	// Name and Description are left as they are if nil. The file keeps its place: its name is another matter.
	Name, Description *string
	ClassID           *int64
	// ExpireTime may point to the zero time, which is never.
	ExpireTime          *time.Time
	AddTags, DeleteTags []string
	ClearTags           bool
	AddKeyFrames        []KeyFrame
	DeleteKeyFrames     []time.Duration
	ClearKeyFrames      bool
	// Cover is a picture: GIF, JPEG or PNG. Nil: as before.
	Cover []byte
}

// Modify changes an asset, all of it or nothing, also while it is being recorded. It returns the asset as it is then. *InvalidError,
// ErrNotFound, ErrTagsConflict and those with it, ErrImage, ErrNoRoom.
func (c *Catalog) Modify(ctx context.Context, a Asset, ch Change) (Asset, error) {
	if err := c.check(ctx, a, ch); err != nil {
		return a, err
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	change := func(a *Asset) error {
		a.UpdateTime = now
		return ch.apply(a)
	}
	// Before a picture is kept for nothing.
	draft := a
	if err := change(&draft); err != nil {
		return a, err
	}
	if ch.Cover != nil {
		return c.modifyWithCover(ctx, a, ch.Cover, change)
	}
	a, err := c.Store.ModifyAsset(ctx, a.ID, change, nil)
	if err != nil {
		return a, fmt.Errorf("change file %s: %w", a.ID, err)
	}
	return a, nil
}

func (c *Catalog) modifyWithCover(ctx context.Context, a Asset, picture []byte, change func(*Asset) error) (out Asset, err error) {
	c.looking.Lock()
	form, err := checkPicture(picture)
	c.looking.Unlock()
	if err != nil {
		return a, err
	}
	part, err := c.Parts.Begin(ctx, a, Part{Kind: PartCover, ContentType: "image/" + form.name}, form.ext)
	if err != nil {
		return a, err
	}
	if _, err := part.File.Write(picture); err != nil {
		return a, errors.Join(fmt.Errorf("write the cover of file %s: %w", a.ID, err), part.Discard())
	}
	_, err = c.Parts.commitBy(ctx, []*NewPart{part}, func(parts []Part) (err error) {
		out, err = c.Store.ModifyAsset(ctx, a.ID, change, parts)
		return err
	})
	return out, err
}

// check checks what can be told without the asset as it is at last.
func (c *Catalog) check(ctx context.Context, a Asset, ch Change) error {
	switch {
	case ch.Name != nil && !validText(*ch.Name, 1, MaxTitle, false):
		return &InvalidError{Field: "Name", Reason: fmt.Sprintf("must have 1 to %d characters, and no control characters", MaxTitle)}
	case ch.Description != nil && !validText(*ch.Description, 0, MaxDescription, true):
		return &InvalidError{Field: "Description", Reason: fmt.Sprintf("must have at most %d characters", MaxDescription)}
	case ch.ExpireTime != nil && !ch.ExpireTime.IsZero() && !ch.ExpireTime.After(time.Now()):
		return &InvalidError{Field: "ExpireTime", Reason: "is over; delete the file with DeleteMedia, or give a time to come"}
	case ch.ClearTags && len(ch.AddTags) > 0:
		return ErrTagsConflict
	case ch.ClearKeyFrames && len(ch.AddKeyFrames) > 0:
		return ErrKeyFramesConflict
	case len(ch.AddTags) > MaxTags:
		return ErrTags
	case len(ch.AddKeyFrames) > MaxKeyFrames:
		return ErrKeyFrames
	}
	for _, t := range ch.AddTags {
		switch {
		case !validText(t, 1, MaxTag, false):
			return ErrTag
		case slices.Contains(ch.DeleteTags, t):
			return ErrTagConflict
		}
	}
	for _, k := range ch.AddKeyFrames {
		switch {
		case !validText(k.Content, 1, MaxKeyFrame, true):
			return ErrKeyFrame
		case k.At < 0:
			return &InvalidError{Field: "AddKeyFrameDescs.TimeOffset", Reason: "must not be negative"}
		case slices.Contains(ch.DeleteKeyFrames, k.At):
			return ErrKeyFrameConflict
		}
	}
	return c.checkClass(ctx, a, ch)
}

func (c *Catalog) checkClass(ctx context.Context, a Asset, ch Change) error {
	if ch.ClassID == nil || c.Classes == nil {
		return nil
	}
	has, err := c.Classes.Has(ctx, a.SubAppID, *ch.ClassID)
	if err == nil && !has {
		err = &InvalidError{Field: "ClassId", Reason: "no such class; DescribeAllClass lists them"}
	}
	return err
}

// validText reports whether a text has so many characters, and none that breaks addresses and tables; lines may be broken if it has many.
func validText(s string, low, high int, lines bool) bool {
	if n := utf8.RuneCountInString(s); n < low || n > high || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) && (!lines || r != '\n' && r != '\r' && r != '\t') {
			return false
		}
	}
	return true
}

// apply makes the change. ErrTags, ErrKeyFrames.
func (ch *Change) apply(a *Asset) error {
	if ch.Name != nil {
		a.Name, a.Edits = *ch.Name, a.Edits|EditName
	}
	if ch.Description != nil {
		a.Description, a.Edits = *ch.Description, a.Edits|EditDescription
	}
	if ch.ClassID != nil {
		a.ClassID, a.Edits = *ch.ClassID, a.Edits|EditClass
	}
	if ch.ExpireTime != nil {
		a.ExpireTime, a.Edits = *ch.ExpireTime, a.Edits|EditExpiry
	}
	if a.Tags = ch.tags(a.Tags); len(a.Tags) > MaxTags {
		return ErrTags
	}
	if a.KeyFrames = ch.keyFrames(a.KeyFrames); len(a.KeyFrames) > MaxKeyFrames {
		return ErrKeyFrames
	}
	return nil
}

// tags returns what becomes of an asset's tags; the old ones are left as they are.
func (ch *Change) tags(old []string) (out []string) {
	if ch.ClearTags {
		return nil
	}
	for _, t := range old {
		if !slices.Contains(ch.DeleteTags, t) {
			out = append(out, t)
		}
	}
	for _, t := range ch.AddTags {
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// keyFrames returns what becomes of an asset's key frames: by their time, of which one that is new takes the place of an old one.
func (ch *Change) keyFrames(old []KeyFrame) (out []KeyFrame) {
	if ch.ClearKeyFrames {
		return nil
	}
	gone := slices.Clone(ch.DeleteKeyFrames)
	added := map[time.Duration]string{}
	for _, k := range ch.AddKeyFrames {
		added[k.At] = k.Content
		gone = append(gone, k.At)
	}
	for _, k := range old {
		if !slices.Contains(gone, k.At) {
			out = append(out, k)
		}
	}
	for at, content := range added {
		out = append(out, KeyFrame{At: at, Content: content})
	}
	slices.SortFunc(out, func(a, b KeyFrame) int { return cmp.Compare(a.At, b.At) })
	return out
}

// Forbid keeps assets from being played, or lets them be played again, also while they are being recorded. What is being fetched goes
// on. It returns those that do not exist. *InvalidError.
func (c *Catalog) Forbid(ctx context.Context, ids []FileID, forbid bool) (missing []FileID, err error) {
	if len(ids) > MaxGet {
		return nil, &InvalidError{Field: "FileIds", Reason: fmt.Sprintf("must have at most %d values", MaxGet)}
	}
	found, err := c.Store.SetForbidden(ctx, ids, forbid, time.Now().UTC().Truncate(time.Microsecond))
	if err != nil {
		return nil, fmt.Errorf("forbid files: %w", err)
	}
	for _, id := range ids {
		if !slices.Contains(found, id) {
			missing = append(missing, id)
		} else {
			c.Log.Info("distribution changed", "file_id", id.String(), "forbidden", forbid)
		}
	}
	return missing, nil
}
