package ingest

import (
	"context"
	"encoding/binary"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/pages"
)

// judgeErase takes an order to erase, if it is a user's own and of one
// partition. Whether it has the right to anything shows when it is carried out.
func judgeErase(j *judged, s *sealed) {
	items, err := page.ParseErasures(s.Payload)
	if err != nil || len(items) == 0 || s.Class != wire.ClassUser {
		return
	}
	for _, item := range items {
		if wire.PartitionOf(item.Tag) != s.Partition {
			return
		}
	}
	j.status, j.erase = wire.Done, items
}

// unanswered is the status of what has no reply although it was opened.
const unanswered wire.Status = 0

// erase carries out the orders to erase of the group. The pages of the group are
// committed by then, so that those of the same installation go as well. An order
// that fails, of a month that is damaged most likely, has no answer: its host
// gives it again much later, and meanwhile it holds up nobody else's crate. So it
// is with one that comes while the store cannot say which day it is.
func (in *Ingest) erase(ctx context.Context, g *group) {
	for _, c := range g.crates {
		for i := range c.opened {
			j := &c.opened[i]
			if j.erase == nil || c.retry {
				continue
			}
			if g.today.Later { // pages of a later day, which nothing is kept of yet, would come back
				in.counts.add(reasonClock)
				j.status = unanswered
				continue
			}
			done, err := in.cfg.Eraser.Erase(ctx, j.erase)
			if err != nil {
				in.troubled("erase pages", err)
				j.status = unanswered
				continue
			}
			j.data = eraseData(pages.ForgottenBy(g.today.Day), done)
		}
	}
}

// eraseData returns the data of the reply to an order to erase: u32 day by which
// the brokers have forgotten | u32 pages erased | u32 pages that were not there and
// are kept if they come.
func eraseData(day schema.Day, done pages.Outcome) []byte {
	b := binary.BigEndian.AppendUint32(day.Bytes(), uint32(done.Pages))
	return binary.BigEndian.AppendUint32(b, uint32(done.Open))
}
