#include "k.h"
#include <string.h>
/* malloc and free by hand, where the others collect */
static i64*kept[1000];static int size[1000];
K_MAIN(20000000){i64 n=N,r=0;for(int i=0;i<1000;i++){kept[i]=kmalloc(8);size[i]=1;}
 for(i64 i=0;i<n;i++){i64*xs=kmalloc(64);for(int k=0;k<8;k++)xs[k]=i+k;
  const char*text=i%2==0?"even":"odd";size_t a=strlen(text),b=strlen(" number of a long series");char*j=kmalloc(a+b+1);memcpy(j,text,a);memcpy(j+a," number of a long series",b+1);
  r+=xs[i%8]%7+(i64)strlen(j);kfree(j);
  if(i%1000==0){int p=i/1000%1000;kfree(kept[p]);kept[p]=xs;size[p]=8;}else kfree(xs);}
 for(int i=0;i<1000;i++)r+=size[i];return r;}
