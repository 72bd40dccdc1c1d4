package recorder

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path"
	"strconv"
	"sync/atomic"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/recorder/container"
)

const (
	// flushSize is how many bytes of a large batch are gathered for one write.
	flushSize = 512 << 10
	// keepBuffer is the largest buffer kept for the next round.
	keepBuffer = 4 << 20
	// journalEvery is how often a file's journal is written to: a record covers several write groups.
	journalEvery = time.Second
	// idleFlush is how long a container may keep units back when nothing more arrives.
	idleFlush = 500 * time.Millisecond
)

// Extensions of the files in openDir that are not media.
const (
	journalExt  = "journal"
	playlistExt = "m3u8"
)

// mediaName is the name in openDir of a file with that extension.
func mediaName(id int64, ext string) string {
	return path.Join(openDir, strconv.FormatInt(id, 10)+"."+ext)
}

func journalName(id int64) string { return mediaName(id, journalExt) }

func playlistName(id int64) string { return mediaName(id, playlistExt) }

// output is a file being written, with its journal. It belongs to the writer goroutine but for what is atomic.
type output struct {
	id      int64
	spec    Spec
	disk    *disk
	media   *file
	journal *file
	writer  container.Writer
	// list is the writer if it keeps a playlist, which then has listed bytes.
	list     container.Lister
	playlist *file
	entries  []byte
	listed   int64
	tracks   map[int]int // track ID to the place in last
	last     []trackTime
	base     time.Duration
	start    time.Time

	pool    *buffers
	buf     []byte // taken from pool while there is something to be written
	journ   []byte // journal records to be written
	size    int64  // of the journal
	sum     uint32 // of the bytes since the last group record
	pending int    // units since the last group record
	// grouped is when the last group record was written, taken when the last unit came.
	grouped, taken time.Time
	// kept tells that the container may keep units back, complained that a unit it did not take has been logged.
	kept, complained bool
	wall             time.Time
	at               time.Duration
	// seen is what written was when grew was last asked.
	seen int64
	// fed counts units given to the writer.
	fed  stream.Lost
	gaps gaps
	// unsaid are gaps of records that have not been written.
	unsaid []Gap
	// head is how much of the file carries no media, now are the tracks in force.
	head int64
	now  []*media.Track
	// recovered: part of it was written by an earlier run that was killed.
	recovered bool

	// written is the length of the file, synced what of it is durable.
	written, synced atomic.Int64
	// dirty tells that the syncer has it in its list.
	dirty atomic.Bool
	// broken is the error of the last sync.
	broken atomic.Pointer[error]
	// announced tells that OnBegin knows of it; until announceAt it is not told again.
	announced  atomic.Bool
	announceAt time.Time
}

// openOutput begins a file. The tracks are those that w was made for.
func openOutput(d *disk, pool *buffers, head journalHead, w container.Writer, tracks []*media.Track) (*output, error) {
	o := &output{
		id: head.FileID, spec: head.Spec, disk: d, writer: w, base: head.Base, start: head.Start, wall: head.Start, pool: pool,
	}
	o.list, _ = w.(container.Lister)
	o.use(tracks)
	first, err := appendJSON([]byte(journalMagic), recHead, &head)
	if err != nil {
		return nil, err
	}
	if o.journal, err = d.create(journalName(o.id)); err != nil {
		return nil, fmt.Errorf("create the journal: %w", err)
	}
	o.size = int64(len(first))
	if err = o.journal.writeAt(first, 0); err != nil {
		err = fmt.Errorf("write the journal: %w", err)
	} else if o.media, err = d.create(mediaName(o.id, head.Format)); err != nil {
		err = fmt.Errorf("create the file: %w", err)
	}
	if err != nil {
		return nil, errors.Join(err, o.journal.Close(), d.remove(journalName(o.id)))
	}
	o.buf = w.Header(pool.get(), head.Base)
	o.head = int64(len(o.buf))
	return o, nil
}

// use makes tracks those in force.
func (o *output) use(tracks []*media.Track) {
	o.tracks, o.last, o.now = map[int]int{}, nil, tracks
	for i, t := range tracks {
		o.tracks[t.ID] = i
		o.last = append(o.last, trackTime{id: t.ID})
	}
}

// resume goes on with other tracks, if the container can. What was recorded so far is in the journal then, so that a crash need not
// tell from the file what changed.
func (o *output) resume(tracks []*media.Track, base time.Duration, jumped bool, now time.Time) error {
	w, ok := o.writer.(container.Continuer)
	if !ok {
		return container.ErrUnsupported
	}
	o.flush()
	if err := o.writeMedia(); err != nil {
		return err
	}
	o.group(now)
	buf, zero, err := w.Continue(o.pool.get(), tracks, base, jumped)
	o.buf = buf
	if err != nil {
		return err
	}
	o.base = zero
	o.use(tracks)
	if o.journ, err = appendJSON(o.journ, recTracks, newJournalTracks(tracks)); err != nil {
		return err
	}
	return o.writeJournal()
}

// add gives a unit to the writer, which releases it; nothing is written yet. Units of tracks that are not in the file are ignored. After
// an error the unit is missing, and still the caller's, and the file goes on.
func (o *output) add(u *media.Unit, now time.Time) error {
	i, ok := o.tracks[u.Track.ID]
	if !ok {
		u.Release()
		return nil
	}
	size, dts, at, wall := int64(len(u.Payload)), u.DTS, u.Time()-o.base, u.Wall
	if o.buf == nil {
		o.buf = o.pool.get()
	}
	buf, err := o.writer.Append(o.buf, u)
	if err != nil {
		return fmt.Errorf("append a unit: %w", err)
	}
	o.buf = buf
	if size > 0 { // others are left out of the file
		o.fed.Units++
		o.fed.Bytes += size
	}
	o.pending++
	o.taken, o.kept = now, true
	o.last[i].dts = dts
	if at >= o.at {
		o.at, o.wall = at, wall
	}
	return nil
}

// write writes what add gathered with one system call, and now and then the journal with another.
func (o *output) write(now time.Time) error {
	if err := o.writeMedia(); err != nil {
		return err
	}
	if o.pending >= maxGroupUnits || o.unwritten() && now.Sub(o.grouped) >= journalEvery {
		if !o.gaps.full() {
			if err := o.noteGap(o.gaps.take()); err != nil {
				return err
			}
		}
		o.group(now)
		return o.writeJournal()
	}
	return nil
}

// unwritten reports whether there is anything that the journal does not know.
func (o *output) unwritten() bool {
	return o.pending > 0 || len(o.journ) > 0 || o.gaps.last != nil && !o.gaps.full()
}

func (o *output) writeMedia() error {
	if failed := o.broken.Load(); failed != nil {
		return fmt.Errorf("sync the file: %w", *failed)
	}
	buf := o.buf
	if buf == nil {
		return nil
	}
	o.buf = nil
	defer o.pool.put(buf)
	if len(buf) == 0 {
		return nil
	}
	if err := o.media.writeAt(buf, o.written.Load()); err != nil {
		return fmt.Errorf("write the file: %w", err)
	}
	o.sum = crc32.Update(o.sum, castagnoli, buf)
	o.written.Add(int64(len(buf)))
	return o.writePlaylist()
}

// group adds a group record for all that has been written.
func (o *output) group(now time.Time) {
	g := group{
		length: o.written.Load(), synced: o.synced.Load(), sum: o.sum,
		wall: o.wall, at: o.at, last: o.last,
	}
	o.journ = g.append(o.journ, o.writer.Index)
	o.sum, o.pending, o.grouped = 0, 0, now
}

func (o *output) writeJournal() error {
	if err := o.journal.writeAt(o.journ, o.size); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	o.size += int64(len(o.journ))
	o.journ, o.unsaid = o.journ[:0], nil
	return nil
}

// idle writes what a silent stream left behind: units the container keeps back, a group record that is due.
func (o *output) idle(now time.Time) error {
	if o.kept && now.Sub(o.taken) >= idleFlush {
		o.flush()
	}
	return o.write(now)
}

func (o *output) flush() {
	if o.buf == nil {
		o.buf = o.pool.get()
	}
	o.buf = o.writer.Flush(o.buf)
	o.kept = false
}

// end writes the rest and the closing record, and closes the file. Whatever it returns, the file is to be finished then.
func (o *output) end(reason CutReason, now time.Time) error {
	o.flush()
	err := o.writeMedia()
	if err == nil {
		err = o.noteGap(o.gaps.take())
	}
	if err == nil {
		o.group(now)
		o.journ, err = appendJSON(o.journ, recEnd, journalEnd{Reason: reason})
	}
	if err == nil {
		err = o.writeJournal()
	}
	return errors.Join(err, o.close())
}

func (o *output) close() error {
	if o.playlist != nil {
		// It is made anew when the file is finished.
		_ = o.playlist.Close()
	}
	return errors.Join(o.media.Close(), o.journal.Close())
}

// buffers are shared by all files of a writer goroutine.
type buffers struct{ free [][]byte }

func (p *buffers) get() []byte {
	if n := len(p.free); n > 0 {
		b := p.free[n-1]
		p.free = p.free[:n-1]
		return b
	}
	return make([]byte, 0, flushSize/4)
}

// put takes a buffer back, unless it has grown out of proportion.
func (p *buffers) put(b []byte) {
	if cap(b) <= keepBuffer {
		p.free = append(p.free, b[:0])
	}
}

// grew reports whether anything was written since it was last asked.
func (o *output) grew() bool {
	seen := o.seen
	o.seen = o.written.Load()
	return o.seen > seen
}

// sync makes durable what has been written. It runs beside the writer; a failure is found by the next write.
func (o *output) sync() {
	o.dirty.Store(false)
	length := o.written.Load()
	err := o.media.sync()
	if err == nil {
		o.synced.Store(length)
		err = o.journal.sync()
	}
	if err != nil && !errors.Is(err, os.ErrClosed) {
		o.broken.Store(&err)
	}
}
