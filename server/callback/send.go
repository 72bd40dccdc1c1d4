package callback

import (
	"context"
	"time"

	"aircheck/rules"
)

// Send makes one try to deliver an event that is in no database, as all tries are made but marked as a test, and returns what came of it.
// It is not logged. ErrUnsendable.
func (o *Outbox) Send(ctx context.Context, e *rules.Event, url, key string) (rules.Delivery, error) {
	sent := time.Now()
	body, err := o.body(ctx, e, key, sent)
	if err != nil {
		return rules.Delivery{}, err
	}
	d := newDelivery(e, url, body, sent)
	o.post(ctx, &d, key, headerTest)
	return d, nil
}
