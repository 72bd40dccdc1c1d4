package recorder

import (
	"errors"
	"syscall"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

const (
	// retryEvery is how long after an interruption a new file is tried, at a random access point of the video if one
	// comes within retryKey more.
	retryEvery = 10 * time.Second
	retryKey   = 10 * time.Second
)

// Reasons of gaps: after a write error, and while nothing was to be written.
const (
	whyUnwritable = "the storage could not be written"
	whyFull       = "the disk was full"
	whyQuota      = "the quota was used up"
	whyGone       = "the storage was not there"
)

// errRestless interrupts a recording: each change costs a file or a period, and a publisher must not fill the disk with those.
var errRestless = errors.New("the stream changes its tracks, parameters or time line too often")

// budget is how many changes a recording may have: at first maxChanges at once, and one more every changeEvery.
type budget struct {
	used int
	from time.Time
}

const (
	maxChanges  = 240
	changeEvery = time.Second
)

// take reports whether there may be another change now.
func (b *budget) take(now time.Time) bool {
	if regained := int(now.Sub(b.from) / changeEvery); regained > 0 || b.used == 0 {
		b.used, b.from = max(b.used-regained, 0), now
	}
	if b.used >= maxChanges {
		return false
	}
	b.used++
	return true
}

// fail notes what interrupts the recording; settle acts on it.
func (rec *recording) fail(err error) {
	if rec.failed == nil {
		rec.failed = err
	}
}

// abandon ends all files and interrupts the recording. What is on the disk is kept.
func (rec *recording) abandon() {
	err := rec.failed
	rec.failed = nil
	rec.m.totals.interruptions.Add(1)
	restless := errors.Is(err, errRestless)
	reason, orderly, wait := rec.interruptedBy(err)
	rec.report(err.Error())
	rec.noticeInterrupted(err, restless)
	if o := rec.pausing; o != nil {
		rec.pausing, rec.outputs[nil] = nil, o
	}
	for p, o := range rec.outputs {
		delete(rec.outputs, p)
		if orderly {
			rec.endOutput(o, reason)
			continue
		}
		_ = o.close()
		rec.m.finishLater(&job{id: o.id, ext: rec.spec.Format, reason: reason, fed: o.fed, gaps: o.untold(), recovered: o.recovered})
	}
	rec.failed = nil // what failed just now is failing already
	held := rec.seg.held()
	rec.miss(held.Units, held.Bytes)
	rec.takeBack(rec.seg.untold())
	rec.disclaim() // this may take longer than the file waits
	rec.restart()
	rec.retry = rec.now.Add(wait)
}

// interruptedBy notes and logs why a recording is interrupted. It returns for what reason its files end, whether they can be ended
// properly, and how long to wait before another one is tried.
func (rec *recording) interruptedBy(err error) (reason CutReason, orderly bool, wait time.Duration) {
	var b *blockage
	switch {
	case errors.Is(err, errRestless):
		rec.interrupted = err.Error()
		rec.log.Error("recording is interrupted; see that the encoder keeps its parameters and its clock", "error", err, "retry", retryEvery)
		return rec.restless, true, retryEvery
	case errors.As(err, &b):
		// The watcher has logged it, and ends it: see resumes.
		rec.interrupted = b.gap
		rec.log.Warn("recording is interrupted", "error", err)
		return b.reason, b.orderly, 0
	case errors.Is(err, ErrForeignStorage):
		rec.interrupted = whyGone
		rec.log.Error("recording is interrupted", "error", err)
		return CutNoStorage, false, 0
	}
	rec.interrupted = whyUnwritable
	rec.log.Error("recording is interrupted, the storage cannot be written; "+remedy(err), "error", err, "retry", retryEvery)
	return CutWriteError, false, retryEvery
}

// resumes reports whether recording goes on with this unit after an interruption.
func (rec *recording) resumes(u *media.Unit) bool {
	if rec.m.watched.blocked.Load() != nil {
		rec.retry = later(rec.retry, rec.now)
		return false
	}
	if rec.now.Before(rec.retry) {
		return false
	}
	if u.Track.Codec.Kind() == media.Video && u.RandomAccess || rec.now.After(rec.retry.Add(retryKey)) {
		return true
	}
	for _, t := range rec.stream.Tracks() {
		if t.Codec.Kind() == media.Video && rec.carried[t.ID].ok {
			return false
		}
	}
	return true
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// resume tries a new file after an interruption.
func (rec *recording) resume() {
	rec.restart()
	missed := rec.missed
	rec.missed = stream.Lost{}
	rec.lose(missed, rec.interrupted)
}

// remedy says what to do about an error, as the second half of a message.
func remedy(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return "make room on the disk, it is tried again by itself"
	case errors.Is(err, syscall.EROFS), errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return "make the storage writable, it is tried again by itself"
	case errors.As(err, new(syscall.Errno)):
		return "check the disk, it is tried again by itself"
	}
	return "it is tried again by itself"
}

// untold are the gaps that no file has been told of.
func (s *segmenter) untold() []Gap {
	out := s.early
	for _, p := range s.parts {
		if !p.begun {
			out = append(out, p.gaps...)
		}
	}
	return out
}

// takeBack counts gaps again that were meant for a file which is not there: they are told to the next one.
func (rec *recording) takeBack(gaps []Gap) {
	for _, g := range gaps {
		rec.lost.Units -= g.Units
		rec.lost.Bytes -= g.Bytes
		rec.miss(g.Units, g.Bytes)
	}
}

// miss counts what is not recorded during an interruption.
func (rec *recording) miss(units int, bytes int64) {
	rec.missed.Units += units
	rec.missed.Bytes += bytes
}
