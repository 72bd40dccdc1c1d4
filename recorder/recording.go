package recorder

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/recorder/container"
)

// whySlow is the reason of a gap where units came faster than they could be written.
const whySlow = "the disk was too slow"

// recording records one stream into one format. All but attach and snapshot belongs to the writer goroutine.
type recording struct {
	m      *Manager
	spec   Spec
	format container.Format
	stream *stream.Stream
	log    *slog.Logger
	// number grows from recording to recording.
	number int64

	// window is the stretch of the stream to be recorded, nil if that is all that comes.
	window *span

	reader   *stream.Reader
	attached atomic.Bool
	queued   bool // guarded by Manager.readyMu

	now     time.Time // of the round
	seg     *segmenter
	outputs map[*part]*output
	// pausing is the file of a part that has ended, if the next part may go on in it.
	pausing *output
	// carried remembers by ID which tracks the format can carry, refused the kinds of those that it cannot.
	carried map[int]carried
	refused map[media.Kind]bool
	// silent are tracks that were announced to a whole file and did not deliver.
	silent map[int]bool
	// splicing is the file of an earlier session in which the first part may go on; claimed tells that it was looked for. superseded: no
	// later session goes on in the file of this one.
	splicing   *suspension
	claimed    bool
	superseded atomic.Bool
	// held are the files of parts that wait. rebuilds is the file of this kind that an earlier run left, if it is what is recorded.
	held     map[*part]*held
	rebuilds int64
	rebuilt  chan struct{} // closed when that is done
	// begun: there was a file; recorded is the same for others.
	begun    bool
	recorded atomic.Bool
	// failed ends the files of this round, and interrupted is then what to tell of it; until retry nothing is written after it.
	failed      error
	interrupted string
	retry       time.Time
	changes     budget
	restless    CutReason // the change that was one too many
	told        told
	// waiting is Status.Waiting.
	waiting time.Time
	// lost counts all that was lost, missed what will be told to the next file.
	lost, missed stream.Lost
	// unlogged units were lost on the network since lossLogged.
	unlogged   int
	lossLogged time.Time

	mu     sync.Mutex
	status Status
}

type carried struct {
	track *media.Track
	ok    bool
}

func newRecording(m *Manager, spec Spec, f container.Format, s *stream.Stream) *recording {
	spec = m.normal(spec)
	rec := &recording{
		m: m, spec: spec, format: f, stream: s,
		log:     m.Log.With("stream", spec.Key.String(), "session", spec.SessionID, "format", spec.Format),
		outputs: map[*part]*output{},
		carried: map[int]carried{},
		refused: map[media.Kind]bool{},
		silent:  map[int]bool{},
		held:    map[*part]*held{},
		status:  Status{Spec: spec},
	}
	rec.restart()
	return rec
}

// attach begins to collect units. What Notify says before the reader is known is made up for at the end.
func (rec *recording) attach() {
	backlog := rec.window != nil && rec.window.backlog
	rec.reader = rec.stream.NewReader(stream.ReaderOptions{HoldsBack: true, Backlog: backlog, Notify: func() {
		if rec.attached.Load() {
			rec.m.notify(rec)
		}
	}})
	rec.attached.Store(true)
	rec.m.notify(rec)
}

func (rec *recording) snapshot() Status {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.status
}

// restart begins with a new file.
func (rec *recording) restart() {
	rec.seg = newSegmenter(rec.spec.Interval, rec.expected, rec)
	rec.retry = time.Time{}
}

// expected is what the publisher promised, by metadata or by the configuration of both pictures and sound, without what the format cannot carry anyhow.
func (rec *recording) expected() stream.Expected {
	e := rec.stream.Expected()
	if !e.Known {
		for _, t := range rec.stream.Tracks() {
			e.Video = e.Video || t.Codec.Kind() == media.Video
			e.Audio = e.Audio || t.Codec.Kind() == media.Audio
		}
		e.Known = e.Video && e.Audio
	}
	e.Video = e.Video && !rec.without(media.Video)
	e.Audio = e.Audio && !rec.without(media.Audio)
	e.Known = e.Known || len(rec.refused) > 0
	return rec.counted(e)
}

// round takes what has arrived and writes it. A recording that has ended may still be on the ready list.
func (rec *recording) round(now time.Time) {
	rec.now = now
	if rec.seg == nil { // it ended while it was on the ready list
		rec.stopWaiting()
		return
	}
	rec.mind()
	b := rec.reader.Take()
	var over CutReason
	if rec.window != nil {
		over = rec.within(&b)
	}
	if b.Lost.Units > 0 {
		rec.lose(b.Lost, whySlow)
		rec.notice(NoticeWriteError, whySlow, b.Lost.Units)
	}
	for _, u := range b.Units {
		rec.tellGaps(u)
		rec.add(u)
	}
	switch {
	case over != "":
		rec.finish(over)
	case b.End != nil:
		rec.finish(rec.endedBy(b.End))
	default:
		rec.settle()
	}
}

// endedBy is why the recording ends with its stream.
func (rec *recording) endedBy(e *stream.End) CutReason {
	switch {
	case rec.rebuilds != 0:
		return CutCrash
	case e.Reason == stream.EndShutdown:
		return CutShutdown
	}
	return CutStreamEnd
}

// tick looks after a recording for which nothing may have arrived.
func (rec *recording) tick(now time.Time) {
	rec.now = now
	if rec.seg == nil || rec.expire() {
		return
	}
	rec.mind()
	rec.seg.tick(now)
	rec.noticeSkew()
	rec.noticeNothing()
	for _, o := range rec.outputs {
		if err := o.idle(now); err != nil {
			rec.fail(err)
		}
	}
	rec.settle()
}

// drain takes all that has arrived so far. A loss is told with what follows it, so the second round may tell one behind the last units.
func (rec *recording) drain(now time.Time) {
	for range 2 {
		rec.round(now)
	}
}

// shutdown ends the recording with what has arrived so far.
func (rec *recording) shutdown(now time.Time) {
	rec.drain(now)
	if rec.seg != nil {
		rec.finish(CutShutdown)
	}
}

// finish ends the recording.
func (rec *recording) finish(reason CutReason) {
	if rec.seg == nil {
		return
	}
	rec.reader.Close()
	rec.seg.end(reason)
	rec.settle()
	rec.disclaim()
	rec.leaveWindow(reason)
	if !rec.begun && len(rec.refused) > 0 {
		rec.log.Warn("nothing was recorded in this format: the stream had nothing that it carries")
	}
	if rec.missed.Units > 0 {
		rec.log.Error("media was lost", "units", rec.missed.Units, "bytes", rec.missed.Bytes, "reason", rec.interrupted)
	}
	rec.noticeEnd(reason)
	rec.seg = nil
	rec.m.forget(rec)
	if rec.rebuilt != nil {
		close(rec.rebuilt)
	}
}

// add takes one unit, which is released by whoever has the last use for it.
func (rec *recording) add(u *media.Unit) {
	if !rec.carries(u.Track) {
		u.Release()
		return
	}
	if !rec.retry.IsZero() {
		if !rec.resumes(u) {
			rec.missed.Units++
			rec.missed.Bytes += int64(len(u.Payload))
			rec.arrivedInVain()
			u.Release()
			return
		}
		rec.resume()
	}
	if u.Lost > 0 {
		rec.lostOnTheWay(u.Lost)
	}
	delete(rec.silent, u.Track.ID)
	rec.arrived()
	if !rec.claimed {
		rec.claim()
	}
	rec.seg.add(u, rec.now)
	if rec.failed != nil {
		rec.settle()
	}
}

// lose notes media that is missing.
func (rec *recording) lose(l stream.Lost, why string) {
	if !rec.retry.IsZero() {
		rec.miss(l.Units, l.Bytes)
		return
	}
	rec.seg.lose(l, why)
	rec.log.Error("media was lost", "units", l.Units, "bytes", l.Bytes, "reason", why)
	rec.lost.Units += l.Units
	rec.lost.Bytes += l.Bytes
}

func (rec *recording) report(err string) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.status.Err = err
}

// settle writes what the round gathered. After a write error it ends all files and waits.
func (rec *recording) settle() {
	for _, o := range rec.outputs {
		if rec.failed != nil {
			break
		}
		if err := o.write(rec.now); err != nil {
			rec.fail(err)
		}
	}
	if rec.failed != nil {
		rec.abandon()
	}
	rec.holdBack()
	rec.update()
}

// update refreshes the snapshot.
func (rec *recording) update() {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	st := &rec.status
	st.FileID, st.Start, st.Bytes, st.Duration = 0, time.Time{}, 0, 0
	st.Lost = stream.Lost{Units: rec.lost.Units + rec.missed.Units, Bytes: rec.lost.Bytes + rec.missed.Bytes}
	for _, o := range rec.outputs {
		if o.id > st.FileID {
			st.FileID, st.Start, st.Bytes, st.Duration = o.id, o.start, o.written.Load(), o.at
		}
		if o.grew() {
			st.LastWrite = rec.now
			rec.settled()
			rec.m.sync.add(o)
		}
		if o.playable() {
			rec.m.announce(o, rec.now)
		}
	}
	st.Waiting, st.Interrupted = rec.waiting, !rec.retry.IsZero()
}
