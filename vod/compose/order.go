package compose

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"aircheck/recorder/container"
	"aircheck/vod"
	"aircheck/vod/task"
)

// order is what is to be made of files without encoding anything, as far as that can be done.
type order struct {
	stretches []stretch
	// container is that of the result: mp4, hls.
	container string
	precise   bool
	// asset is what is known of the result.
	asset vod.Asset
	// encode says why nothing can be copied; nil if that can be tried. input is what is to be encoded, if it is not just the stretches.
	encode error
	input  *Input
}

// stretch is a part of a file.
type stretch struct {
	file vod.FileID
	// from and to are nanoseconds: from where players begin to count or, if it is raw, from the file's zero. to is never for its end.
	from, to         int64
	raw, follows     bool
	nothing          bool // was recorded since the one before it
	noVideo, noAudio bool
	// field of the request says where it begins; empty for a file that may as well be left out.
	field string
}

// Service makes files of files.
type Service struct {
	Library
	Intake *vod.Intake
	// Queue takes the tasks.
	Queue Queue
	// Storage is where files are made; they go home from there: see vod.Homes.
	Storage string
	// Recordings returns the assets of a stream that may hold something between two moments. *vod.InvalidError if they are too many.
	Recordings func(ctx context.Context, domain, app, stream string, from, to time.Time) ([]vod.Asset, error)
	// Made returns what a task has made, if it was cut short before it could say so.
	Made func(ctx context.Context, taskID string) (vod.Asset, bool, error)
	// Procedure returns an error if there is no task flow of that name. May be nil.
	Procedure func(ctx context.Context, subAppID int64, name string) error
	// SubApps are the applications that files may be of; nil: all.
	SubApps *vod.SubApps
	// Encoder encodes anew; nil if it cannot be done here.
	Encoder Encoder
	// Location is the time zone of names; nil is UTC.
	Location *time.Location
}

// Queue is a task.Queue.
type Queue interface {
	Add(ctx context.Context, t task.Task) (id string, err error)
	Task(ctx context.Context, subAppID int64, id string) (task.Task, error)
}

// CauseKind is the CauseKind of what a task of this package has made; its Cause is the ID of the task.
const CauseKind = "compose"

// settle opens the files of an order and makes pieces of its stretches.
func (s *Service) settle(ctx context.Context, o *order) (library, []*piece, error) {
	var ids []vod.FileID
	for _, st := range o.stretches {
		ids = append(ids, st.file)
	}
	assets, err := s.find(ctx, o.asset.SubAppID, ids)
	if err != nil {
		return nil, nil, err
	}
	files, err := s.openAll(ctx, assets)
	if err != nil {
		return nil, nil, err
	}
	pieces, err := files.pieces(o.stretches)
	if err != nil {
		files.close()
		return nil, nil, err
	}
	return files, pieces, nil
}

func (l library) pieces(stretches []stretch) (out []*piece, err error) {
	for _, st := range stretches {
		p := &piece{
			src: l[st.file], from: max(st.from, 0), to: st.to, follows: st.follows, nothingBefore: st.nothing,
			noVideo: st.noVideo, noAudio: st.noAudio, field: st.field,
		}
		if !st.raw && (p.from > 0 || p.to != never) {
			zero, err := p.src.origin()
			if err != nil {
				return nil, err
			}
			if p.from > 0 {
				p.from += zero
			}
			if p.to != never {
				p.to += zero
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// fulfil makes a file of an order.
func (s *Service) fulfil(ctx context.Context, t task.Task, o *order, report task.Report) (any, error) {
	if t.Attempts > 1 && s.Made != nil {
		a, ok, err := s.Made(ctx, t.ID)
		if err != nil {
			return nil, err
		}
		if ok { // it was cut short just behind its end
			return s.answer(a), nil
		}
	}
	if err := s.takes(o.asset.SubAppID); err != nil {
		return nil, err
	}
	o.asset.CauseKind, o.asset.Cause = CauseKind, t.ID
	out, err := s.try(ctx, o, report)
	if errors.Is(err, container.ErrCorrupt) {
		// A file that was being recorded may have been finished while it was read. It is found in its place now.
		out, err = s.try(ctx, o, report)
	}
	return out, classify(err)
}

// classify gives an error the code that it lacks.
func classify(err error) error {
	var known *task.Failure
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.Is(err, errNothing):
		return &task.Failure{Code: task.CodeInput, Err: err}
	case errors.Is(err, errDiffer):
		return &task.Failure{Code: task.CodeSource, Err: err}
	}
	return err
}

// try makes a file once.
func (s *Service) try(ctx context.Context, o *order, report task.Report) (any, error) {
	if o.encode != nil {
		return s.encode(ctx, o, o.encode, report)
	}
	files, pieces, err := s.settle(ctx, o)
	if err != nil {
		return nil, err
	}
	defer files.close()
	out, err := s.keep(ctx, o, pieces, report)
	if errors.Is(err, errDiffer) {
		return s.encode(ctx, o, err, report)
	}
	return out, err
}

// keep makes a file with as little encoding as that needs. errDiffer.
func (s *Service) keep(ctx context.Context, o *order, pieces []*piece, report task.Report) (*Output, error) {
	if !o.precise {
		return s.copy(ctx, o, pieces, report)
	}
	done, made, err := s.exact(ctx, pieces)
	defer done()
	if err != nil {
		return nil, err
	}
	out, err := s.copy(ctx, o, pieces, report)
	if err == nil && made {
		out.Method, out.Reason = MethodEdges, "pictures around cuts were encoded anew"
	}
	return out, err
}

func (s *Service) format(name string) (container.Format, error) {
	i := slices.IndexFunc(s.Formats, func(f container.Format) bool { return f.Name() == name })
	if i < 0 {
		return nil, fmt.Errorf("%w: %s has to be encoded", errDiffer, name)
	}
	return s.Formats[i], nil
}

// copy makes a file without encoding anything. errDiffer.
func (s *Service) copy(ctx context.Context, o *order, pieces []*piece, report task.Report) (*Output, error) {
	format, err := s.format(o.container)
	if err != nil {
		return nil, err
	}
	storage := s.Storage
	// What the drafts are called does not matter before it is known what is in them.
	index, err := s.Intake.Begin(ctx, storage, "index")
	if err != nil {
		return nil, err
	}
	defer index.Discard()
	ext, err := extension(format, pieces)
	if err != nil {
		return nil, err
	}
	draft, err := s.Intake.Begin(ctx, storage, ext)
	if err != nil {
		return nil, err
	}
	defer draft.Discard()
	jn := joining{format: format, file: draft.File, index: index.File, progress: func(done float64) error {
		report(int(min(done*100, 99)), nil)
		return s.room(storage)
	}}
	r, err := background(func() (*joined, error) { return jn.join(ctx, pieces) })
	if err != nil {
		return nil, err
	}
	a, err := describe(o, pieces, r)
	if err != nil {
		return nil, err
	}
	became, err := items(o.stretches, pieces, r.spans)
	if err != nil {
		return nil, err
	}
	if r.ending.Playlist != nil {
		w := &limited{}
		if err := r.ending.Playlist(w); err != nil {
			return nil, fmt.Errorf("write the playlist of the result: %w", err)
		}
		draft.Playlist = w.text
	}
	if a, err = draft.Commit(ctx, a); err != nil {
		return nil, err
	}
	out := s.answer(a)
	out.Items = became
	return out, nil
}

// takes reports whether files are added to an application: it may have been switched off while the task waited.
func (s *Service) takes(subApp int64) error {
	if s.SubApps == nil {
		return nil
	}
	if err := s.SubApps.CheckOn(subApp); err != nil {
		return &task.Failure{Code: task.CodeInput, Err: err}
	}
	return nil
}

func (s *Service) room(storage string) error {
	if s.Intake.Room == nil {
		return nil
	}
	return s.Intake.Room(storage)
}

// maxPlaylist bounds a playlist.
const maxPlaylist = 64 << 20

// limited is a playlist in memory.
type limited struct{ text []byte }

func (l *limited) Write(b []byte) (int, error) {
	if len(l.text)+len(b) > maxPlaylist {
		return 0, fmt.Errorf("the playlist has more than %d bytes; make several files", maxPlaylist)
	}
	l.text = append(l.text, b...)
	return len(b), nil
}
