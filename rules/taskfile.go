package rules

import (
	"slices"
	"time"
)

// filePatience is how long after the end of its window it is waited until it is known whether a task has a file. Only a disk that hangs
// takes longer.
const filePatience = 10 * time.Second

// whyNoMedia is why a task is missed whose stream came.
const whyNoMedia = "the stream came, but with no media that could be recorded"

// recording notes what records for a task.
func (p *planned) recording(all ...TaskHandle) {
	p.hasFile() // so that no more is kept than is needed
	if p.recorded = true; !p.filed {
		p.begun = append(p.begun, all...)
	}
}

// hasFile reports whether what recorded for a task made a file, and whether that is certain.
func (p *planned) hasFile() (yes, sure bool) {
	p.begun = slices.DeleteFunc(p.begun, func(h TaskHandle) bool {
		over := false
		select {
		case <-h.Over(): // before it is asked: then it knows
			over = true
		default:
		}
		p.filed = p.filed || h.Recorded()
		return over
	})
	if p.filed {
		p.begun = nil
	}
	return p.filed, p.filed || len(p.begun) == 0 && p.play == nil
}

// underWay puts off the end of a task whose past is still being recorded, or of which it is not known yet whether anything was. It reports
// false if that is done.
func (t *Tasks) underWay(p *planned, at time.Time) bool {
	if _, sure := p.hasFile(); p.play == nil && (sure || at.Sub(p.task.End) > filePatience) {
		return false
	}
	t.plan.putOff(p, at.Add(clockCheck))
	return true
}

// outcome is what has become of a task at the end of its window, and why. down says why nothing was recorded, if that is known.
func (p *planned) outcome(down string) (TaskState, string) {
	filed, sure := p.hasFile()
	switch {
	case filed || !sure: // the store is told of a file, too
		return TaskDone, ""
	case p.failure != "":
		return TaskFailed, p.failure
	case p.recorded:
		return TaskMissed, whyNoMedia
	case down != "":
		return TaskMissed, down
	}
	return TaskMissed, "the stream did not come"
}
