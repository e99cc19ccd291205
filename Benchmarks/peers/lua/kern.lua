local k={}
local bit=bit
local function fib(n) if n<2 then return n end return fib(n-1)+fib(n-2) end
k.fib=fib
function k.sieve(n) local p={} if jit then p=require("ffi").new("uint8_t[?]",n+1) end for i=0,n do p[i]=1 end local c=0 for i=2,n do if p[i]~=0 then c=c+1 for j=i*2,n,i do p[j]=0 end end end return c end
local SM=4*math.pi*math.pi local DP=365.24
function k.nbody(n)
 local B={{0,0,0,0,0,0,SM},{4.84143144246472090,-1.16032004402742839,-0.103622044471123109,0.00166007664274403694*DP,0.00769901118419740425*DP,-0.0000690460016972063023*DP,0.000954791938424326609*SM},{8.34336671824457987,4.12479856412430479,-0.403523417114321381,-0.00276742510726411042*DP,0.00499852801234917238*DP,0.0000230417297573763929*DP,0.000285885980666130812*SM},{12.8943695621391310,-15.1111514016986312,-0.223307578892655734,0.00296460137564761618*DP,0.00237847173959480950*DP,-0.0000296589568540237556*DP,0.0000436624404335156298*SM},{15.3796971148509165,-25.9193146099879641,0.179258772950371181,0.00268067772490389322*DP,0.00162824170038242295*DP,-0.0000951592254519715870*DP,0.0000515138902046611451*SM}}
 local b={} for i,a in ipairs(B) do b[i]={x=a[1],y=a[2],z=a[3],vx=a[4],vy=a[5],vz=a[6],m=a[7]} end
 local px,py,pz=0,0,0 for i=1,5 do local q=b[i] px=px+q.vx*q.m py=py+q.vy*q.m pz=pz+q.vz*q.m end b[1].vx=-px/SM b[1].vy=-py/SM b[1].vz=-pz/SM
 for s=1,n do for i=1,5 do local p=b[i] for j=i+1,5 do local q=b[j] local dx,dy,dz=p.x-q.x,p.y-q.y,p.z-q.z local d2=dx*dx+dy*dy+dz*dz local mag=0.01/(d2*math.sqrt(d2)) p.vx=p.vx-dx*q.m*mag p.vy=p.vy-dy*q.m*mag p.vz=p.vz-dz*q.m*mag q.vx=q.vx+dx*p.m*mag q.vy=q.vy+dy*p.m*mag q.vz=q.vz+dz*p.m*mag end end
  for i=1,5 do local p=b[i] p.x=p.x+0.01*p.vx p.y=p.y+0.01*p.vy p.z=p.z+0.01*p.vz end end
 local e=0 for i=1,5 do local p=b[i] e=e+0.5*p.m*(p.vx*p.vx+p.vy*p.vy+p.vz*p.vz) for j=i+1,5 do local q=b[j] local dx,dy,dz=p.x-q.x,p.y-q.y,p.z-q.z e=e-p.m*q.m/math.sqrt(dx*dx+dy*dy+dz*dz) end end return string.format("%.0f",math.ceil(e*1e9)) end
function k.spectral(n) local function A(i,j) return 1/((i+j)*(i+j+1)*0.5+i+1) end local function Av(v,o) for i=0,n-1 do local s=0 for j=0,n-1 do s=s+A(i,j)*v[j] end o[i]=s end end local function Atv(v,o) for i=0,n-1 do local s=0 for j=0,n-1 do s=s+A(j,i)*v[j] end o[i]=s end end
 local u,v,t={}, {}, {} for i=0,n-1 do u[i]=1 v[i]=0 t[i]=0 end for i=1,10 do Av(u,t) Atv(t,v) Av(v,t) Atv(t,u) end local a,b=0,0 for i=0,n-1 do a=a+u[i]*v[i] b=b+v[i]*v[i] end return string.format("%d",math.floor(math.sqrt(a/b)*1e9)) end
function k.fannkuch(n) local p,q,s,sign,maxf,sum={}, {}, {},1,0,0 for i=1,n do p[i]=i q[i]=i s[i]=i end
 repeat local q1=p[1] if q1~=1 then for i=2,n do q[i]=p[i] end local fl=1 while true do local qq=q[q1] if qq==1 then sum=sum+sign*fl if fl>maxf then maxf=fl end break end q[q1]=q1 if q1>=4 then local i,j=2,q1-1 repeat q[i],q[j]=q[j],q[i] i=i+1 j=j-1 until i>=j end q1=qq fl=fl+1 end end
 if sign==1 then p[1],p[2]=p[2],p[1] sign=-1 else p[2],p[3]=p[3],p[2] sign=1 for i=3,n do local sx=s[i] if sx~=1 then s[i]=sx-1 break end if i==n then return sum*1000+maxf end s[i]=i local t=p[1] for j=1,i do p[j]=p[j+1] end p[i+1]=t end end until false end
function k.mandel(n) local c=0 for y=0,n-1 do for x=0,n-1 do local cr,ci,zr,zi,i=2*x/n-1.5,2*y/n-1,0,0,0 while i<50 do local zr2,zi2=zr*zr,zi*zi if zr2+zi2>4 then break end zi=2*zr*zi+ci zr=zr2-zi2+cr i=i+1 end c=c+i end end return c end
function k.matmul(n) local a,b,c={}, {}, {} for i=0,n-1 do for j=0,n-1 do a[i*n+j]=i-j b[i*n+j]=(i+j)*0.5 end end for i=0,n-1 do for j=0,n-1 do local s=0 for k=0,n-1 do s=s+a[i*n+k]*b[k*n+j] end c[i*n+j]=s end end local t=0 for i=0,n-1 do t=t+c[i*n] end return string.format("%.0f",t) end
function k.qsort(n) local a={} local x=12345 for i=0,n-1 do x=(x*16807)%2147483647 a[i]=x end local floor=math.floor local function qs(lo,hi) while lo<hi do local p,i,j=a[floor((lo+hi)/2)],lo,hi while i<=j do while a[i]<p do i=i+1 end while a[j]>p do j=j-1 end if i<=j then a[i],a[j]=a[j],a[i] i=i+1 j=j-1 end end if j-lo<hi-i then qs(lo,j) lo=i else qs(i,hi) hi=j end end end qs(0,n-1) local r=0 for i=0,n-1,1000 do r=(r*31+a[i])%1099511627776 end return r end
function k.mix(N) local R,bxor,band,bnot,rsh,tob=bit.ror,bit.bxor,bit.band,bit.bnot,bit.rshift,bit.tobit local ffi=require("ffi") local K,w=ffi.new("int32_t[64]"),ffi.new("int32_t[64]") for i=0,63 do K[i]=tob((i+1)*1013904223%4294967296) end
 local h0,h1,h2,h3,h4,h5,h6,h7=0x6a09e667,0x3b67ae85,0x3c6ef372,0x254ff53a,0x510e527f,0x1b05688c,0x1f83d9ab,0x5be0cd19
 for r=0,N-1 do for i=0,15 do w[i]=tob(((r*16+i)*40503)%4294967296) end for i=16,63 do local a,b=w[i-15],w[i-2] w[i]=tob(w[i-16]+bxor(R(a,7),R(a,18),rsh(a,3))+w[i-7]+bxor(R(b,17),R(b,19),rsh(b,10))) end
 local a,b,c,d,e,f,g,h=h0,h1,h2,h3,h4,h5,h6,h7 for i=0,63 do local t1=tob(h+bxor(R(e,6),R(e,11),R(e,25))+bxor(band(e,f),band(bnot(e),g))+K[i]+w[i]) local t2=tob(bxor(R(a,2),R(a,13),R(a,22))+bxor(band(a,b),band(a,c),band(b,c))) h=g g=f f=e e=tob(d+t1) d=c c=b b=a a=tob(t1+t2) end
 h0=tob(h0+a) h1=tob(h1+b) h2=tob(h2+c) h3=tob(h3+d) h4=tob(h4+e) h5=tob(h5+f) h6=tob(h6+g) h7=tob(h7+h) end return bxor(h0,h1,h2,h3,h4,h5,h6,h7) end
local kept,joined,last={} -- outside, so that both are allocated
function k.garbage(n) local r=0 for i=0,999 do kept[i]={0} end
 for i=0,n-1 do local xs={i,i+1,i+2,i+3,i+4,i+5,i+6,i+7} if i%1000==0 then kept[i/1000%1000]=xs end joined=(i%2==0 and "even" or "odd").." number of a long series" last=xs r=r+xs[i%8+1]%7+#joined end
 for i=0,999 do r=r+#kept[i] end return string.format("%d",r) end
print(k[arg[1]](tonumber(arg[2])))
