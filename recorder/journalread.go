package recorder

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"time"

	"aircheck/ingest/media"
)

// mark is the end of a group: in the file, and in the journal.
type mark struct {
	length int64
	sum    uint32
	end    int64
	// tracks are those in force there, gaps how many there were.
	tracks []*media.Track
	gaps   int
}

// journal is what a journal says.
type journal struct {
	head journalHead
	// tracks are those that the file began with, now those in force.
	tracks, now []*media.Track
	// marks are the last group known to be durable, or the beginning, and all groups after it.
	marks []mark
	// synced is how much of the file is known to be durable.
	synced int64
	wall   time.Time
	at     time.Duration
	gaps   []Gap
	ended  *journalEnd
	// suspended tells, of a file that has ended so, how long it waits for another session.
	suspended *journalSuspend
	key       *journalKey
	// size is how much of the journal is valid.
	size int64
}

// length is how much of the file the journal knows to be whole.
func (j *journal) length() int64 { return j.marks[len(j.marks)-1].length }

// readJournal reads a journal of that size. It returns errBadJournal, wrapped, if not even its head is whole.
func readJournal(r io.ReaderAt, size int64) (*journal, error) {
	j := &journal{}
	for rec, err := range records(r, size) {
		if err != nil {
			return nil, fmt.Errorf("read the journal: %w", err)
		}
		if j.marks == nil {
			if err := j.begin(rec); err != nil {
				return nil, err
			}
		} else if !j.add(rec) {
			break
		}
		j.size = rec.end
	}
	if j.marks == nil {
		return nil, errBadJournal
	}
	return j, nil
}

func (j *journal) begin(rec record) error {
	if rec.kind != recHead {
		return errBadJournal
	}
	if err := json.Unmarshal(rec.body, &j.head); err != nil {
		return fmt.Errorf("%w: %w", errBadJournal, err)
	}
	if j.head.Version != journalVersion || j.head.FileID <= 0 || len(j.head.Tracks) == 0 {
		return fmt.Errorf("%w: version %d, file %d, %d tracks", errBadJournal,
			j.head.Version, j.head.FileID, len(j.head.Tracks))
	}
	var err error
	if j.tracks, err = j.head.Tracks.tracks(); err != nil {
		return fmt.Errorf("%w: %w", errBadJournal, err)
	}
	j.now = j.tracks
	j.wall = j.head.Start
	j.marks = []mark{{end: rec.end, tracks: j.now}}
	return nil
}

// add takes the next record, and reports whether it makes sense.
func (j *journal) add(rec record) bool {
	switch rec.kind {
	case recGroup:
		g, ok := parseGroup(rec.body)
		if !ok || g.length < j.length() || g.synced > g.length {
			return false
		}
		j.wall, j.at, j.ended, j.suspended = g.wall, g.at, nil, nil
		j.marks = append(j.marks, mark{length: g.length, sum: g.sum, end: rec.end, tracks: j.now, gaps: len(j.gaps)})
		j.forget(g.synced)
		return true
	case recIndex:
		return true
	case recTracks:
		var list journalTracks
		if json.Unmarshal(rec.body, &list) != nil {
			return false
		}
		var err error
		j.now, err = list.tracks()
		return err == nil
	case recGap:
		var g Gap
		if json.Unmarshal(rec.body, &g) != nil {
			return false
		}
		j.gaps = append(j.gaps, g)
		return true
	case recEnd:
		j.ended, j.suspended = &journalEnd{}, nil
		return json.Unmarshal(rec.body, j.ended) == nil
	case recSuspend:
		j.suspended = &journalSuspend{}
		if json.Unmarshal(rec.body, j.suspended) != nil {
			return false
		}
		j.ended = &journalEnd{Reason: j.suspended.Reason}
		return true
	case recKey:
		// A file gets its name once it is durable.
		j.forget(j.length())
		j.key = &journalKey{}
		return json.Unmarshal(rec.body, j.key) == nil
	}
	return false
}

// forget drops the marks before the last that is durable: they need not be verified any more.
func (j *journal) forget(synced int64) {
	j.synced = max(j.synced, synced)
	keep := 0
	for i, m := range j.marks {
		if m.length <= j.synced {
			keep = i
		}
	}
	if keep > 0 {
		j.marks = append(j.marks[:0], j.marks[keep:]...)
	}
}

// index yields the index parts of a journal up to its end, the end of a group record.
func index(r io.ReaderAt, end int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for rec, err := range records(r, end) {
			part := rec.body
			switch rec.kind {
			case recGroup:
				g, _ := parseGroup(rec.body)
				part = g.index
			case recIndex:
			default:
				part = nil
			}
			if err == nil && len(part) == 0 {
				continue
			}
			if !yield(part, err) {
				return
			}
		}
	}
}
