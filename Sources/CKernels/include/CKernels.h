void ck_placeholder(void);
