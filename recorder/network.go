package recorder

import (
	"time"

	"aircheck/ingest/stream"
)

const (
	// whyNetwork is the reason of a gap where the publisher's packets did not arrive.
	whyNetwork = "packets were lost on the network"
	// lossesEvery is how often losses on the network are logged at most, for each recording.
	lossesEvery = 10 * time.Second
)

// lostOnTheWay notes units that the publisher sent and the server never had. Every one lands in the file's gap list; the
// log is told now and then.
func (rec *recording) lostOnTheWay(units int) {
	l := stream.Lost{Units: units}
	rec.seg.lose(l, whyNetwork)
	rec.lost.Units += units
	rec.unlogged += units
	if rec.now.Sub(rec.lossLogged) < lossesEvery {
		return
	}
	rec.log.Warn("media was lost", "units", rec.unlogged, "reason", whyNetwork)
	rec.unlogged, rec.lossLogged = 0, rec.now
}
