package server

import (
	"testing"

	"aircheck/recorder"
)

func TestLeftOf(t *testing.T) {
	for name, c := range map[string]struct {
		room        recorder.Room
		left, floor int64
		ok          bool
	}{
		"disk":             {recorder.Room{State: recorder.RoomEnough, Free: 50, Total: 100, Floor: 10}, 50, 10, true},
		"no floor":         {recorder.Room{State: recorder.RoomEnough, Free: 50, Total: 100}, 50, 0, false},
		"quota is scarcer": {recorder.Room{State: recorder.RoomLow, Free: 5000, Floor: 1000, Quota: 400, Used: 390}, 10, 10, true},
		"disk is scarcer":  {recorder.Room{State: recorder.RoomNone, Free: 900, Floor: 1000, Quota: 400, Used: 100}, 900, 1000, true},
		"quota alone":      {recorder.Room{State: recorder.RoomEnough, Quota: 400, Used: 500}, -100, 10, true},
		"small quota":      {recorder.Room{State: recorder.RoomEnough, Quota: 4, Used: 1}, 3, 1, true},
		"gone":             {recorder.Room{State: recorder.RoomGone, Free: 5, Floor: 10}, 0, 0, false},
		"hung":             {recorder.Room{State: recorder.RoomHung, Free: 5, Floor: 10}, 0, 0, false},
	} {
		if left, floor, ok := leftOf(c.room); left != c.left || floor != c.floor || ok != c.ok {
			t.Errorf("%s: %d %d %v", name, left, floor, ok)
		}
	}
}
