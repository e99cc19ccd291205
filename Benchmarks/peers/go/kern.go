package main
import ("fmt";"os";"strconv";"math")
func fibr(n int) int { if n<2 {return n}; return fibr(n-1)+fibr(n-2) }
func sieve(n int) int { p:=make([]byte,n+1); for i:=range p {p[i]=1}; c:=0; for i:=2;i<=n;i++ { if p[i]!=0 { c++; for j:=i*2;j<=n;j+=i {p[j]=0} } }; return c }
type B struct{x,y,z,vx,vy,vz,m float64}
const SM=4*math.Pi*math.Pi; const DP=365.24
var bs=[5]B{{0,0,0,0,0,0,SM},{4.84143144246472090,-1.16032004402742839,-0.103622044471123109,0.00166007664274403694*DP,0.00769901118419740425*DP,-0.0000690460016972063023*DP,0.000954791938424326609*SM},{8.34336671824457987,4.12479856412430479,-0.403523417114321381,-0.00276742510726411042*DP,0.00499852801234917238*DP,0.0000230417297573763929*DP,0.000285885980666130812*SM},{12.8943695621391310,-15.1111514016986312,-0.223307578892655734,0.00296460137564761618*DP,0.00237847173959480950*DP,-0.0000296589568540237556*DP,0.0000436624404335156298*SM},{15.3796971148509165,-25.9193146099879641,0.179258772950371181,0.00268067772490389322*DP,0.00162824170038242295*DP,-0.0000951592254519715870*DP,0.0000515138902046611451*SM}}
func energy() float64 { e:=0.0; for i:=0;i<5;i++ {p:=&bs[i]; e+=0.5*p.m*(p.vx*p.vx+p.vy*p.vy+p.vz*p.vz); for j:=i+1;j<5;j++ {q:=&bs[j]; dx,dy,dz:=p.x-q.x,p.y-q.y,p.z-q.z; e-=p.m*q.m/math.Sqrt(dx*dx+dy*dy+dz*dz)}}; return e}
func nbody(n int) int { px,py,pz:=0.0,0.0,0.0; for i:=range bs {px+=bs[i].vx*bs[i].m;py+=bs[i].vy*bs[i].m;pz+=bs[i].vz*bs[i].m}; bs[0].vx=-px/SM;bs[0].vy=-py/SM;bs[0].vz=-pz/SM
 for s:=0;s<n;s++ { for i:=0;i<5;i++ {p:=&bs[i]; for j:=i+1;j<5;j++ {q:=&bs[j]; dx,dy,dz:=p.x-q.x,p.y-q.y,p.z-q.z; d2:=dx*dx+dy*dy+dz*dz; mag:=0.01/(d2*math.Sqrt(d2)); p.vx-=dx*q.m*mag;p.vy-=dy*q.m*mag;p.vz-=dz*q.m*mag;q.vx+=dx*p.m*mag;q.vy+=dy*p.m*mag;q.vz+=dz*p.m*mag}}
  for i:=0;i<5;i++ {p:=&bs[i];p.x+=0.01*p.vx;p.y+=0.01*p.vy;p.z+=0.01*p.vz} }; return int(energy()*1e9) }
func A(i,j int) float64 { return 1.0/float64((i+j)*(i+j+1)/2+i+1) }
func Av(v,o []float64){ for i:=range o {s:=0.0; for j:=range v {s+=A(i,j)*v[j]}; o[i]=s} }
func Atv(v,o []float64){ for i:=range o {s:=0.0; for j:=range v {s+=A(j,i)*v[j]}; o[i]=s} }
func spectral(n int) int { u,v,t:=make([]float64,n),make([]float64,n),make([]float64,n); for i:=range u {u[i]=1}; for i:=0;i<10;i++ {Av(u,t);Atv(t,v);Av(v,t);Atv(t,u)}; a,b:=0.0,0.0; for i:=range u {a+=u[i]*v[i];b+=v[i]*v[i]}; return int(math.Sqrt(a/b)*1e9)}
func fannkuch(n int) int { p,q,s:=make([]int32,n),make([]int32,n),make([]int32,n); sign,maxf,sum:=int32(1),int32(0),int32(0); for i:=range p {p[i]=int32(i);q[i]=int32(i);s[i]=int32(i)}
 for { q0:=p[0]; if q0!=0 { for i:=1;i<n;i++ {q[i]=p[i]}; fl:=int32(1); for { qq:=q[q0]; if qq==0 {sum+=sign*fl; if fl>maxf {maxf=fl}; break}; q[q0]=q0; if q0>=3 { i,j:=int32(1),q0-1; for {q[i],q[j]=q[j],q[i];i++;j--; if i>=j {break}} }; q0=qq; fl++ } }
  if sign==1 {p[0],p[1]=p[1],p[0];sign=-1} else { p[1],p[2]=p[2],p[1];sign=1; for i:=2;i<n;i++ { sx:=s[i]; if sx!=0 {s[i]=sx-1;break}; if i==n-1 {return int(sum)*1000+int(maxf)}; s[i]=int32(i); t:=p[0]; for j:=0;j<=i;j++ {p[j]=p[j+1]}; p[i+1]=t } } } }
func mandel(n int) int { c:=0; for y:=0;y<n;y++ { for x:=0;x<n;x++ { cr,ci,zr,zi:=2.0*float64(x)/float64(n)-1.5,2.0*float64(y)/float64(n)-1.0,0.0,0.0; i:=0; for i<50 { zr2,zi2:=zr*zr,zi*zi; if zr2+zi2>4 {break}; zi=2*zr*zi+ci; zr=zr2-zi2+cr; i++ }; c+=i } }; return c }
func matmul(n int) int { a,b,c:=make([]float64,n*n),make([]float64,n*n),make([]float64,n*n); for i:=0;i<n;i++ {for j:=0;j<n;j++ {a[i*n+j]=float64(i-j);b[i*n+j]=float64(i+j)*0.5}}; for i:=0;i<n;i++ {for j:=0;j<n;j++ {s:=0.0; for k:=0;k<n;k++ {s+=a[i*n+k]*b[k*n+j]}; c[i*n+j]=s}}; t:=0.0; for i:=0;i<n;i++ {t+=c[i*n]}; return int(t)}
type T struct{l,r *T}
func mk(d int)*T { if d==0 {return &T{}}; return &T{mk(d-1),mk(d-1)} }
func chk(t *T) int { if t.l!=nil {return 1+chk(t.l)+chk(t.r)}; return 1 }
func bintree(md int) int { r:=chk(mk(md+1)); ll:=mk(md); for d:=4;d<=md;d+=4 { it:=1<<uint(md-d+4); c:=0; for i:=0;i<it;i++ {c+=chk(mk(d))}; r=r*31+c }; return r+chk(ll) }
func words(n int) int { m:=map[string]int{}; x:=uint64(88172645463325252); var buf [16]byte; for i:=0;i<n;i++ { x^=x<<13;x^=x>>7;x^=x<<17; v:=x&65535; l:=0; for {buf[l]=byte('a'+v%17);l++;v/=17; if v==0 {break}}; buf[l]='_';l++; m[string(buf[:l])]++ }; mx:=0; for _,c:=range m {if c>mx {mx=c}}; return len(m)*1000+mx }
func qs(a []int,lo,hi int){ for lo<hi { p,i,j:=a[(lo+hi)/2],lo,hi; for i<=j { for a[i]<p {i++}; for a[j]>p {j--}; if i<=j {a[i],a[j]=a[j],a[i];i++;j--} }; if j-lo<hi-i {qs(a,lo,j);lo=i} else {qs(a,i,hi);hi=j} } }
func qsort(n int) int { a:=make([]int,n); x:=12345; for i:=range a {x=(x*1103515245+12345)&0x7fffffff;a[i]=x}; qs(a,0,n-1); r:=0; for i:=0;i<n;i+=1000 {r=(r*31+a[i])&0xffffffffff}; return r }
func R(x uint32,n uint) uint32 {return x>>n|x<<(32-n)}
func mix(N int) int { var K,w [64]uint32; h0,h1,h2,h3,h4,h5,h6,h7:=uint32(0x6a09e667),uint32(0xbb67ae85),uint32(0x3c6ef372),uint32(0xa54ff53a),uint32(0x510e527f),uint32(0x9b05688c),uint32(0x1f83d9ab),uint32(0x5be0cd19); s:=uint32(1); for i:=range K {s=s*1664525+1013904223;K[i]=s}
 for r:=0;r<N;r++ { for i:=0;i<16;i++ {w[i]=uint32(r*16+i)*2654435761}; for i:=16;i<64;i++ {a,b:=w[i-15],w[i-2]; w[i]=w[i-16]+(R(a,7)^R(a,18)^(a>>3))+w[i-7]+(R(b,17)^R(b,19)^(b>>10))}
 a,b,c,d,e,f,g,h:=h0,h1,h2,h3,h4,h5,h6,h7; for i:=0;i<64;i++ { t1:=h+(R(e,6)^R(e,11)^R(e,25))+((e&f)^(^e&g))+K[i]+w[i]; t2:=(R(a,2)^R(a,13)^R(a,22))+((a&b)^(a&c)^(b&c)); h=g;g=f;f=e;e=d+t1;d=c;c=b;b=a;a=t1+t2 }
 h0+=a;h1+=b;h2+=c;h3+=d;h4+=e;h5+=f;h6+=g;h7+=h }; return int(h0^h1^h2^h3^h4^h5^h6^h7) }
var kept [1000][]int
func garbage(n int) int { r:=0; for i:=range kept {kept[i]=make([]int,1)}
 for i:=0;i<n;i++ { xs:=[]int{i,i+1,i+2,i+3,i+4,i+5,i+6,i+7}; if i%1000==0 {kept[i/1000%1000]=xs}; text:="odd"; if i%2==0 {text="even"}; joined=text+" number of a long series"; last=xs; r+=xs[i%8]%7+len(joined) }
 for _,xs:=range kept {r+=len(xs)}; return r }
var joined string; var last []int // globals, so that both are allocated on the heap
func main(){ n,_:=strconv.Atoi(os.Args[2]); f:=map[string]func(int)int{"fib":fibr,"sieve":sieve,"nbody":nbody,"spectral":spectral,"fannkuch":fannkuch,"mandel":mandel,"matmul":matmul,"bintree":bintree,"words":words,"qsort":qsort,"mix":mix,"garbage":garbage}; fmt.Println(f[os.Args[1]](n)) }
