package vod

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestKickAtTheStart: files become ready while the server still starts. What is told before the job runs is found by its first look, what is
// told while it starts wakes it.
func TestKickAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j job
		looks := 0
		var telling sync.WaitGroup
		telling.Go(j.kick)
		j.start(time.Hour, func(context.Context) { looks++ })
		telling.Wait()
		synctest.Wait()
		if looks == 0 || looks > 2 {
			t.Errorf("it looked %d times", looks)
		}
		was := looks
		j.kick()
		synctest.Wait()
		if looks != was+1 {
			t.Errorf("woken, it looked %d times more", looks-was)
		}
		j.close()
	})
}
