package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"hash/fnv"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"afterimage/collector/store"
)

var largeFlag = flag.Bool("large", false, "run the suite against PostgreSQL, three NATS nodes and an S3 server (the path of its program in AFTERIMAGE_S3_SERVER)")

// large is the distributed form of the three boundaries: real servers, started once for the
// package. A data directory has a database, a prefix and an empty journal of its own, so a
// test that opens the same directory again finds what it left.
type large struct {
	postgres string // address without a database
	nats     string
	s3       string // endpoint
	s3root   string // the server's folder: objects are files there
	seen     map[string]bool
}

const bucket = "afterimage-test"

var largeForm *large

func TestMain(m *testing.M) {
	flag.Parse()
	if !*largeFlag {
		os.Exit(m.Run())
	}
	stop, err := startLarge()
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
	} else {
		code = m.Run()
	}
	stop()
	os.Exit(code)
}

// nameOf is the name under which the servers know a data directory.
func nameOf(dir string) string {
	h := fnv.New64a()
	h.Write([]byte(dir))
	return fmt.Sprintf("t%x", h.Sum64())
}

// settings fills in the form under test.
func settings(t *testing.T, c store.Config) store.Config {
	t.Helper()
	l := largeForm
	if l == nil {
		return c
	}
	name := nameOf(c.Dir)
	c.DB = l.postgres + name
	c.Journal = l.nats
	c.Blobs = "s3://" + bucket + "?" + url.Values{"endpoint": {l.s3}, "use_path_style": {"true"},
		"region": {"us-east-1"}, "prefix": {name + "/"}}.Encode()
	if !l.seen[c.Dir] {
		l.seen[c.Dir] = true
		if err := l.fresh(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// objects are the stored blobs, as files, in either form.
func objects(t *testing.T, dir string) []string {
	t.Helper()
	if largeForm == nil {
		return files(t, filepath.Join(dir, "blobs"))
	}
	prefix := filepath.Join(largeForm.s3root, bucket, nameOf(dir))
	if _, err := os.Stat(prefix); os.IsNotExist(err) {
		return nil
	}
	return files(t, prefix)
}

func (l *large) fresh(ctx context.Context, name string) error {
	db, err := sql.Open("pgx", l.postgres+"postgres")
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	nc, err := nats.Connect(l.nats)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	for name := range js.StreamNames(ctx).Name() {
		if err := js.DeleteStream(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func startLarge() (stop func(), err error) {
	var stops []func()
	stop = func() {
		for i := len(stops) - 1; i >= 0; i-- {
			stops[i]()
		}
	}
	// Not below a home directory: the database server runs as a user of its own.
	dir, err := os.MkdirTemp("", "afterimage-large-")
	if err != nil {
		return stop, err
	}
	stops = append(stops, func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		return stop, err
	}
	l := &large{seen: map[string]bool{}}
	for _, start := range []func(string) (func(), error){l.startPostgres, l.startNATS, l.startS3} {
		s, err := start(dir)
		if s != nil {
			stops = append(stops, s)
		}
		if err != nil {
			return stop, err
		}
	}
	largeForm = l
	return stop, nil
}

func (l *large) startPostgres(dir string) (func(), error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if len(found) == 0 {
		return nil, fmt.Errorf("no PostgreSQL in /usr/lib/postgresql; install Debian's package postgresql (make large does it)")
	}
	bin := found[len(found)-1]
	data, run := filepath.Join(dir, "pg"), filepath.Join(dir, "pgrun")
	as := func(args ...string) *exec.Cmd { return exec.Command(args[0], args[1:]...) }
	owner := []string{"-m", "700"}
	if os.Geteuid() == 0 { // initdb refuses root
		owner = append(owner, "-o", "postgres")
		as = func(args ...string) *exec.Cmd {
			return exec.Command("runuser", append([]string{"-u", "postgres", "--"}, args...)...)
		}
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	steps := []*exec.Cmd{
		exec.Command("install", append(append([]string{"-d"}, owner...), data, run)...),
		as(bin+"/initdb", "-D", data, "-A", "trust", "-U", "afterimage", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"),
		as(bin+"/pg_ctl", "-D", data, "-w", "-l", data+"/log", "-o",
			fmt.Sprintf("-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories=%s", port, run), "start"),
	}
	for _, c := range steps {
		var out bytes.Buffer
		c.Stdout, c.Stderr, c.Dir = &out, &out, "/"
		if err := c.Run(); err != nil {
			return nil, fmt.Errorf("PostgreSQL: %s: %w\n%s", strings.Join(c.Args, " "), err, out.String())
		}
	}
	l.postgres = fmt.Sprintf("postgres://afterimage@127.0.0.1:%d/", port)
	return func() { _ = as(bin+"/pg_ctl", "-D", data, "-m", "immediate", "stop").Run() }, nil
}

func (l *large) startNATS(dir string) (func(), error) {
	var urls, routes []string
	var ports []int
	for range 3 {
		p, err := freePort()
		if err != nil {
			return nil, err
		}
		ports = append(ports, p)
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", p))
	}
	var nodes []*server.Server
	stop := func() {
		for _, n := range nodes {
			n.Shutdown()
		}
	}
	for i, p := range ports {
		n, err := server.NewServer(&server.Options{
			ServerName: fmt.Sprintf("n%d", i+1), Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true,
			JetStream: true, StoreDir: filepath.Join(dir, fmt.Sprintf("nats%d", i+1)), SyncAlways: true,
			Cluster: server.ClusterOpts{Name: "afterimage", Host: "127.0.0.1", Port: p},
			Routes:  server.RoutesFromStr(strings.Join(routes, ",")),
		})
		if err != nil {
			return stop, fmt.Errorf("NATS: %w", err)
		}
		nodes = append(nodes, n)
		go n.Start()
	}
	for _, n := range nodes {
		if !n.ReadyForConnections(20 * time.Second) {
			return stop, fmt.Errorf("NATS: node %s is not ready after 20 s", n.Name())
		}
		urls = append(urls, n.ClientURL())
	}
	l.nats = strings.Join(urls, ",")
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if nodes[0].JetStreamIsCurrent() && nodes[1].JetStreamIsCurrent() && nodes[2].JetStreamIsCurrent() {
			return stop, nil
		}
		if time.Now().After(end) {
			return stop, fmt.Errorf("NATS: the cluster has no leader after 30 s")
		}
	}
}

func (l *large) startS3(dir string) (func(), error) {
	program := os.Getenv("AFTERIMAGE_S3_SERVER")
	if program == "" {
		return nil, fmt.Errorf("AFTERIMAGE_S3_SERVER names no S3 server; make large builds and names one")
	}
	const key, secret = "testkey", "testsecret"
	// The SDK of the store reads these; without the last it asks a cloud's metadata address.
	for k, v := range map[string]string{"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_EC2_METADATA_DISABLED": "true"} {
		os.Setenv(k, v)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	l.s3root = filepath.Join(dir, "s3")
	if err := os.Mkdir(l.s3root, 0o700); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	address := fmt.Sprintf("127.0.0.1:%d", port)
	c := exec.Command(program, "--port", address, "--quiet", "posix", l.s3root)
	c.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+key, "ROOT_SECRET_KEY="+secret)
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("S3 server: %w", err)
	}
	stop := func() { c.Process.Kill(); c.Wait() }
	l.s3 = "http://" + address
	client := s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: aws.String(l.s3), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, "")})
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		_, err = client.CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: aws.String(bucket)})
		if err == nil {
			return stop, nil
		}
		if time.Now().After(end) {
			stop()
			return nil, fmt.Errorf("S3 server: %w\n%s", err, out.String())
		}
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
