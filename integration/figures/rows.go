package figures

// Row is one promise.
type Row string

// The promises, in the order of the table.
const (
	Kill         Row = "kill"
	Broker       Row = "broker"
	HostileRelay Row = "hostile-relay"
	Replies      Row = "replies"
	PowerLoss    Row = "power-loss"
	FullDisk     Row = "full-disk"
	BitFlip      Row = "bit-flip"
	Partition    Row = "partition"
	Clock        Row = "clock"
	Rotation     Row = "rotation"
	Erase        Row = "erase"
	Linkage1     Row = "linkage-1"
	Linkage2     Row = "linkage-2"
	Stolen       Row = "stolen"
	Leak         Row = "leak"
)

// promise is a row's text, and which runs have a figure for it.
type promise struct {
	row     Row
	promise string
	figure  string // what is counted, in the order of the cells
	runs    []string
}

var (
	all   = []string{"test", "faults", "soak"}
	short = []string{"test", "faults"}
)

// promises is the table.
var promises = []promise{
	{Kill, "kill -9 of agent, relay, broker and store at random moments loses and doubles nothing", "kills / records accepted / lost / double", all},
	{Broker, "the broker's directory wiped, or a bit of it flipped, in the middle of a run loses nothing", "times / in the broker then / finally stored of accepted", all},
	{HostileRelay, "a relay that repeats, replays, re-labels, swaps and runs ahead adds and loses nothing", "tried / extra rows / lost", short},
	{Replies, "no reply but the store's own ends a batch: forged, replayed, swapped, truncated", "tried / accepted", short},
	{PowerLoss, "a power cut loses nothing that the spool confirmed: every legal prefix of its writes, the last block torn", "histories / confirmed lost", short},
	{FullDisk, "a full disk at agent, relay or store ends nothing and loses no reply", "fills of each / crashes / replies lost / seconds to resume", short},
	{BitFlip, "one bit flipped anywhere in the store's files is noticed", "flips / detected / harmless / silent", short},
	{Partition, "partitions, half-open and trickling connections, black holes, 24 h outage of 1,000 agents", "seeds / lost / peak to mean rate / drain time", all},
	{Clock, "clocks that jump by 10 years anywhere, and a crash within a redate", "seeds / lost / wrongly expired", short},
	{Rotation, "keys turn while agents are away past expiry, and batches are sent again across a month's end", "rounds / lost / double", short},
	{Erase, "what is erased stays erased: late replay, older backup, compaction, kill", "rounds / rows that came back", short},
	{Linkage1, "who sent cannot be matched with what arrives", "by count: top-1 against 1/K; by time: pool size", short},
	{Linkage2, "the store's disk does not pair two pages of one installation, nor pages with fragments", "area under the curve, 0.5 is chance", short},
	{Stolen, "a stolen store opens nothing, not even with one true ID", "rows / opened", short},
	{Leak, "planted identifiers are nowhere: disk, wire, log, metric, core file", "canaries × sinks / hits", short},
}
