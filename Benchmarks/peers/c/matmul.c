#include "k.h"
K_MAIN(512){int n=N;double*a=(double*)kalloc(n*n*8),*b=(double*)kalloc(n*n*8),*c=(double*)kalloc(n*n*8);for(int i=0;i<n;i++)for(int j=0;j<n;j++){a[i*n+j]=i-j;b[i*n+j]=(i+j)*0.5;}
 for(int i=0;i<n;i++)for(int j=0;j<n;j++){double s=0;for(int k=0;k<n;k++)s+=a[i*n+k]*b[k*n+j];c[i*n+j]=s;} double t=0;for(int i=0;i<n;i++)t+=c[i*n];return (i64)t;}
