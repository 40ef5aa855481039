package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Names inside the journal. Stored on disk: never rename.
const (
	streamName    = "segments"
	segmentPrefix = "seg." // seg.<partition>.<session>
	tellPrefix    = "tell."
	watchPrefix   = "watch."
	hereSubject   = "here" // 16 bytes a session
)

// maxMessage is the largest journal message: below the 1 MiB that a NATS server takes
// by default, so that the distributed form needs no setting for it.
const maxMessage = 1000 << 10

// MaxSegmentBytes is the largest sealed segment.
const MaxSegmentBytes = maxMessage - recordHead - 4

var (
	errWrongSequence = errors.New("journal: somebody else appended to this session")
	errJournalFull   = fmt.Errorf("journal: %w", ErrFull)
)

// journal is the log of arriving segments: JetStream inside this process without a port,
// or a cluster. One subject a session, one message a frame.
type journal struct {
	srv    *server.Server // nil in the distributed form
	nc     *nats.Conn
	js     jetstream.JetStream
	stream jetstream.Stream
}

func openJournal(ctx context.Context, setting, dir string, maxBytes int64, log *slog.Logger) (*journal, error) {
	j := &journal{}
	replicas := 1
	switch {
	case setting == "" || setting == "embedded":
		srv, err := server.NewServer(&server.Options{
			ServerName: "afterimage", DontListen: true, NoSigs: true,
			JetStream: true, StoreDir: dir,
			// Without SyncAlways JetStream acknowledges up to two minutes before fsync.
			SyncAlways:        true,
			JetStreamMaxStore: maxBytes + 64<<20, JetStreamMaxMemory: 16 << 20,
		})
		if err != nil {
			return nil, fmt.Errorf("journal %s: %w", dir, err)
		}
		srv.SetLoggerV2(journalLog{log}, false, false, false)
		go srv.Start()
		if !srv.ReadyForConnections(20 * time.Second) {
			srv.Shutdown()
			return nil, fmt.Errorf("journal %s: not ready after 20 s", dir)
		}
		j.srv = srv
		if j.nc, err = nats.Connect("", nats.InProcessServer(srv), nats.Name("collector"), nats.MaxReconnects(-1)); err != nil {
			srv.Shutdown()
			return nil, fmt.Errorf("journal %s: %w", dir, err)
		}
	case strings.HasPrefix(setting, "nats://"), strings.HasPrefix(setting, "tls://"):
		replicas = 3
		var err error
		if j.nc, err = nats.Connect(setting, nats.Name("afterimage collector"), nats.MaxReconnects(-1)); err != nil {
			return nil, fmt.Errorf("journal %s: %w", redact(setting), err)
		}
	default:
		return nil, fmt.Errorf("journal %q: %w, expected embedded or nats://host[,host…]", redact(setting), ErrSetting)
	}
	err := j.openStream(ctx, replicas, maxBytes)
	if err != nil {
		j.close()
		return nil, fmt.Errorf("journal: %w", err)
	}
	return j, nil
}

func (j *journal) openStream(ctx context.Context, replicas int, maxBytes int64) (err error) {
	if j.js, err = jetstream.New(j.nc, jetstream.WithDefaultTimeout(10*time.Second)); err != nil {
		return err
	}
	// No MaxAge: it would delete acknowledged records when the finaliser stands still.
	// AllowDirect is off: a follower may lag, and the durable set must not.
	j.stream, err = j.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: streamName, Subjects: []string{segmentPrefix + ">"},
		Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy,
		MaxBytes: maxBytes, MaxMsgs: -1, MaxMsgsPerSubject: -1, Discard: jetstream.DiscardNew,
		Replicas: replicas, DenyDelete: false, AllowRollup: false,
	})
	return err
}

func (j *journal) close() {
	if j.nc != nil {
		j.nc.Close()
	}
	if j.srv != nil {
		j.srv.Shutdown()
		j.srv.WaitForShutdown()
	}
}

// subjectOf is seg.<partition>.<session>; the partition is the first digit of the id.
func subjectOf(session string) string { return segmentPrefix + session[:1] + "." + session }

// append stores one record and returns its position once it is on disk. lastSeq is the
// position of the session's latest record as the caller knows it (0: none): when another
// collector has appended meanwhile, the answer is errWrongSequence and nothing is stored.
func (j *journal) append(ctx context.Context, session string, lastSeq uint64, data []byte) (uint64, error) {
	ack, err := j.js.Publish(ctx, subjectOf(session), data,
		jetstream.WithExpectLastSequencePerSubject(lastSeq), jetstream.WithRetryAttempts(0))
	if err == nil {
		return ack.Sequence, nil
	}
	var api *jetstream.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode {
		case jetstream.JSErrCodeStreamWrongLastSequence, jetstream.JSErrCodeStreamWrongLastSequenceConstant:
			return 0, errWrongSequence
		// 10077: the stream's own limit (Discard New) or a failed write; 10047, 10023:
		// the server's limit. In each of them nothing was stored.
		case 10077, 10047, 10023:
			return 0, fmt.Errorf("%w (%s)", errJournalFull, api.Description)
		}
	}
	// The server switches JetStream off when the disk itself is full and then nobody
	// answers on the subject.
	if errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, nats.ErrNoResponders) {
		if j.srv != nil && !j.srv.JetStreamEnabled() {
			return 0, fmt.Errorf("%w (JetStream switched itself off)", errJournalFull)
		}
	}
	return 0, fmt.Errorf("journal: append: %w", err)
}

// message is one stored record with its position.
type message struct {
	seq  uint64
	data []byte
}

// read yields the records of a session from a position on.
func (j *journal) read(ctx context.Context, session string, from uint64) iter.Seq2[message, error] {
	subject := subjectOf(session)
	return func(yield func(message, error) bool) {
		if from == 0 {
			from = 1
		}
		for {
			// With a subject this is "the first message at or after from".
			m, err := j.stream.GetMsg(ctx, from, jetstream.WithGetMsgSubject(subject))
			if errors.Is(err, jetstream.ErrMsgNotFound) {
				return
			}
			if err != nil {
				yield(message{}, fmt.Errorf("journal: read: %w", err))
				return
			}
			if !yield(message{m.Sequence, m.Data}, nil) {
				return
			}
			from = m.Sequence + 1
		}
	}
}

// purge removes the records of a session up to and including a position.
func (j *journal) purge(ctx context.Context, session string, through uint64) error {
	err := j.stream.Purge(ctx, jetstream.WithPurgeSubject(subjectOf(session)), jetstream.WithPurgeSequence(through+1))
	if err != nil {
		return fmt.Errorf("journal: purge: %w", err)
	}
	return nil
}

// overwrite removes the records of a session and writes random bytes over them on disk. It
// costs the rewriting of a block (8 MiB) a record, so it is for deletion, not for what was
// moved into a blob.
func (j *journal) overwrite(ctx context.Context, session string) error {
	for m, err := range j.read(ctx, session, 0) {
		if err != nil {
			return err
		}
		err = j.stream.SecureDeleteMsg(ctx, m.seq)
		if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			return fmt.Errorf("journal: overwrite: %w", err)
		}
	}
	return nil
}

// sessions lists the sessions that have records.
func (j *journal) sessions(ctx context.Context) ([]string, error) {
	info, err := j.stream.Info(ctx, jetstream.WithSubjectFilter(segmentPrefix+">"))
	if err != nil {
		return nil, fmt.Errorf("journal: list: %w", err)
	}
	ids := make([]string, 0, len(info.State.Subjects))
	for subject := range info.State.Subjects {
		ids = append(ids, subject[strings.LastIndexByte(subject, '.')+1:])
	}
	return ids, nil
}

// tell tells every watcher of a session, in whatever process, to read again.
func (j *journal) tell(session string) { j.nc.Publish(tellPrefix+session, nil) }

// A record is one journal message: version, page view (16 bytes), arrival (Unix ms,
// u64 little endian), then for each segment u32 length and the sealed bytes. Stored on
// disk: a change needs a new version byte.
const (
	recordVersion = 1
	recordHead    = 1 + 16 + 8
)

// appendRecord starts a record.
func appendRecord(dst []byte, pageView [16]byte, atMs int64) []byte {
	dst = append(dst, recordVersion)
	dst = append(dst, pageView[:]...)
	return binary.LittleEndian.AppendUint64(dst, uint64(atMs))
}

func appendSegment(dst, sealed []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(sealed)))
	return append(dst, sealed...)
}

// readRecord calls visit with each segment of a record; the bytes alias b.
func readRecord(b []byte, visit func(Segment) error) error {
	if len(b) < recordHead {
		return fmt.Errorf("journal record of %d bytes: shorter than its head", len(b))
	}
	if b[0] != recordVersion {
		return fmt.Errorf("journal record: version %d, this version knows %d: %w", b[0], recordVersion, ErrNewerVersion)
	}
	pageView := idText(b[1:17])
	at := time.UnixMilli(int64(binary.LittleEndian.Uint64(b[17:])))
	b = b[recordHead:]
	for len(b) > 0 {
		if len(b) < 4 {
			return errors.New("journal record: truncated length")
		}
		n := int(binary.LittleEndian.Uint32(b))
		if n > len(b)-4 {
			return errors.New("journal record: segment overruns the record")
		}
		sealed := b[4 : 4+n : 4+n]
		h, ok := clearHeader(sealed)
		if !ok || h.pageView != pageView {
			return errors.New("journal record: segment of another page view")
		}
		if err := visit(Segment{PageView: pageView, Number: h.number, Epoch: h.epoch, ArrivedAt: at, Sealed: sealed}); err != nil {
			return err
		}
		b = b[4+n:]
	}
	return nil
}

// journalLog sends the embedded server's complaints to slog; its notices are noise.
type journalLog struct{ log *slog.Logger }

func (l journalLog) Noticef(string, ...any)    {}
func (l journalLog) Debugf(string, ...any)     {}
func (l journalLog) Tracef(string, ...any)     {}
func (l journalLog) Warnf(f string, a ...any)  { l.log.Warn("journal", "say", fmt.Sprintf(f, a...)) }
func (l journalLog) Errorf(f string, a ...any) { l.log.Error("journal", "say", fmt.Sprintf(f, a...)) }
func (l journalLog) Fatalf(f string, a ...any) { l.log.Error("journal", "say", fmt.Sprintf(f, a...)) }
